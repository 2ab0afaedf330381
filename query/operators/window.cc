#include "query/operators/window.h"

#include <algorithm>

namespace asterope::query {

Result<std::uint64_t> Window::estimate(std::uint64_t count_max) {
    const std::uint64_t rows = ASTEROPE_TRY(input_->estimate(count_max));
    return limit_ ? std::min(rows, *limit_) : rows;
}

std::string Window::label() const {
    std::string out = limit_ ? "limit " + std::to_string(*limit_) : "";
    if (offset_ != 0) out.append(out.empty() ? "" : " ").append("offset " + std::to_string(offset_));
    return out;
}

/// No more than will be given or skipped: the input may stop early.
std::size_t Window::rows_wanted(std::size_t room) const {
    std::uint64_t wanted = 0;
    if (!left_ || __builtin_add_overflow(*left_, to_skip_, &wanted)) return room;
    return static_cast<std::size_t>(std::min<std::uint64_t>(wanted, room));
}

Result<std::size_t> Window::do_next(std::span<NodeId> out) {
    if (left_ == 0) return 0;
    while (const std::size_t count = ASTEROPE_TRY(input_->next(out.first(rows_wanted(out.size()))))) {
        const std::size_t skipped = static_cast<std::size_t>(std::min<std::uint64_t>(to_skip_, count));
        to_skip_ -= skipped;
        if (skipped == count) continue;
        std::size_t kept = count - skipped;
        if (left_) kept = static_cast<std::size_t>(std::min<std::uint64_t>(kept, *left_));
        std::copy_n(out.begin() + static_cast<std::ptrdiff_t>(skipped), kept, out.begin());
        if (left_) *left_ -= kept;
        return kept;
    }
    return 0;
}

}  // namespace asterope::query
