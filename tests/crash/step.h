#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "engine/core/volume.h"

namespace asterope::crash {

enum class StepKind : std::uint8_t {
    make_directory, create, put, overwrite, patch, rename, link, symlink, unlink, remove_directory, set_fields,
    set_attribute, change_mode, sync,
};
constexpr int kStepKindCount = static_cast<int>(StepKind::sync) + 1;

/// Contents above this are blobs from the start; smaller ones are only ever written as a whole or through a staged file,
/// so that a patch of one is atomic, too.
constexpr std::uint64_t kPatchableBytes = 4096;

/// One change of a tree, drawn before anything is known of the tree: it may well fail, the same way on each tree that is in the same state.
struct Step {
    StepKind kind{};
    std::string path{}, other{};     ///< relative to the directory that the steps are about
    RenameMode mode{};
    std::vector<FieldChange> fields{}; ///< of set_fields, and the document of a put
    std::string bytes{};             ///< content, target or value
    std::uint64_t offset = 0;
    std::uint32_t permissions = 0;
    bool durable = false;            ///< ends with its effect, and all before, on stable storage

    std::string text() const;
};

/// Which steps there are.
struct StepChoice {
    bool puts = true;   ///< what only the Volume API can do in one step
    bool syncs = true;  ///< steps that are durable
};

/// A seeded sequence of steps over few enough names that they meet again.
class StepSource {
  public:
    StepSource(std::uint64_t seed, StepChoice choice) : random_(seed), choice_(choice) {}
    Step next();

  private:
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    StepKind kind();
    std::string directory();
    std::string file();
    std::string any() { return below(5) == 0 ? directory() : file(); }
    std::string content(std::uint64_t bytes_max);
    std::vector<FieldChange> fields();

    std::mt19937_64 random_;
    const StepChoice choice_;
    std::uint64_t count_ = 0;
};

}  // namespace asterope::crash
