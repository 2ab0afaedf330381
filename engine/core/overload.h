#pragma once

namespace asterope {

/// One visitor of a std::variant out of a lambda for each alternative.
template <class... F>
struct Overload : F... {
    using F::operator()...;
};

}  // namespace asterope
