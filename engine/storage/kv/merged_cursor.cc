#include "engine/storage/kv/merged_cursor.h"

#include "engine/storage/kv/cursor.h"

namespace asterope::kv {

std::size_t Cursor::read_suffixes(std::string_view end, std::span<Suffix> out) {
    return read_suffixes_of(*this, end, out);
}

namespace {

template <bool kForward, class Source>
void advance(Source& source) {
    if constexpr (kForward) {
        source.next();
    } else {
        source.prev();
    }
}

/// Below 0: `a` comes before `b` in the direction of travel.
template <bool kForward>
int order(std::string_view a, std::string_view b) {
    return kForward ? a.compare(b) : b.compare(a);
}

}  // namespace

void MergedCursor::add_newest_first(const SkipList& list, std::uint64_t sequence) {
    // What an empty list gets later is newer than `sequence`.
    if (!list.empty()) buffers_[buffer_count_++] = VersionCursor(list, sequence);
}

/// Makes `bound_` the buffer that comes next, and moves an older buffer with the same key past it.
template <MergedCursor::Direction kDirection>
void MergedCursor::find_bound() {
    constexpr bool kForward = kDirection == Direction::forward;
    bound_ = nullptr;
    for (std::size_t i = 0; i < buffer_count_; ++i) {
        VersionCursor& buffer = buffers_[i];
        if (!buffer.valid()) continue;
        const int c = bound_ == nullptr ? -1 : order<kForward>(buffer.key(), bound_->key());
        if (c < 0) {
            bound_ = &buffer;
        } else if (c == 0) {
            advance<kForward>(buffer);
        }
    }
}

/// All sources stand at or after the wanted position: chooses the nearest and leaves out what is erased.
template <MergedCursor::Direction kDirection>
void MergedCursor::settle() {
    constexpr bool kForward = kDirection == Direction::forward;
    for (;;) {
        if (bound_ == nullptr) {
            at_ = tree_.valid() ? At::tree : At::nothing;
            return;
        }
        if (tree_.valid()) {
            const int c = order<kForward>(tree_.key(), bound_->key());
            if (c < 0) {
                at_ = At::tree;
                return;
            }
            if (c == 0) advance<kForward>(tree_);
        }
        if (!bound_->erased()) {
            at_ = At::buffer;
            return;
        }
        advance<kForward>(*bound_);
        find_bound<kDirection>();
    }
}

template <MergedCursor::Direction kDirection>
void MergedCursor::step() {
    constexpr bool kForward = kDirection == Direction::forward;
    if (at_ == At::tree) {
        advance<kForward>(tree_);
    } else {
        advance<kForward>(*bound_);
        find_bound<kDirection>();
    }
    settle<kDirection>();
}

void MergedCursor::seek(std::string_view key) {
    direction_ = Direction::forward;
    tree_.seek(key);
    for (std::size_t i = 0; i < buffer_count_; ++i) buffers_[i].seek(key);
    find_bound<Direction::forward>();
    settle<Direction::forward>();
}

void MergedCursor::seek_before(std::string_view key) {
    direction_ = Direction::backward;
    tree_.seek_before(key);
    for (std::size_t i = 0; i < buffer_count_; ++i) buffers_[i].seek_before(key);
    find_bound<Direction::backward>();
    settle<Direction::backward>();
}

void MergedCursor::seek_last() {
    direction_ = Direction::backward;
    tree_.seek_last();
    for (std::size_t i = 0; i < buffer_count_; ++i) buffers_[i].seek_last();
    find_bound<Direction::backward>();
    settle<Direction::backward>();
}

void MergedCursor::next() {
    if (at_ == At::nothing) return;
    if (direction_ == Direction::forward) return step<Direction::forward>();
    // The key's bytes stay where they are while the sources move.
    const std::string_view here = key();
    seek(here);
    if (valid() && key() == here) step<Direction::forward>();
}

std::size_t MergedCursor::read_suffixes(std::string_view end, std::span<Suffix> out) {
    return read_suffixes_of(*this, end, out);
}

void MergedCursor::prev() {
    if (at_ == At::nothing) return;
    if (direction_ == Direction::backward) return step<Direction::backward>();
    seek_before(key());
}

}  // namespace asterope::kv
