#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace asterope {

/// The seed of a random test, printed so that its run can be repeated: what ASTEROPE_SEED says, else another at each call.
inline std::uint64_t seed_of_test() {
    const char* const given = std::getenv("ASTEROPE_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::printf("seed %llu (ASTEROPE_SEED)\n", static_cast<unsigned long long>(seed));
    return seed;
}

}  // namespace asterope
