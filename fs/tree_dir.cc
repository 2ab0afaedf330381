#include "fs/tree_dir.h"

#include <algorithm>

namespace asterope::fs {
namespace {

/// Offsets 1 to 3 belong to the entries that no volume lists; a cookie c is the offset c + 3.
constexpr std::uint64_t kFixedOffsets = 3;
constexpr std::size_t kBatchEntries = 256;

}  // namespace

std::vector<DirRecord> TreeDir::fixed_entries() const {
    std::vector<DirRecord> fixed;
    fixed.push_back({.name = ".", .node = dir_, .type = NodeType::directory, .next = 1, .entry = {}});
    fixed.push_back({.name = "..", .node = parent_, .type = NodeType::directory, .next = 2, .entry = {}});
    if (dir_ == kRootNode && !options_.query_dir.empty()) {
        fixed.push_back({.name = options_.query_dir,
                         .node = query_root_,
                         .type = NodeType::directory,
                         .next = kFixedOffsets,
                         .entry = {}});
    }
    return fixed;
}

Result<const DirEntry*> TreeDir::entry_after(std::uint64_t cookie) {
    const auto after = [&] {
        return std::upper_bound(batch_.begin(), batch_.end(), cookie,
                                [](std::uint64_t c, const DirEntry& entry) { return c < entry.cookie; });
    };
    auto it = after();
    if (cookie < batch_after_ || it == batch_.end()) {
        batch_.clear();
        batch_ = ASTEROPE_TRY(volume_.list(dir_, cookie, kBatchEntries));
        batch_after_ = cookie;
        it = batch_.begin();
    }
    return it == batch_.end() ? nullptr : &*it;
}

DirRecord TreeDir::record_of(const DirEntry& entry, bool plus) const {
    DirRecord record{entry.name, entry.node, entry.type, entry.cookie + kFixedOffsets, std::nullopt};
    if (!plus) return record;
    // A node that has gone since the batch was read is listed without attributes: LOOKUP will find out.
    if (auto attr = volume_.getattr(entry.node)) record.entry = tree_.entry(*attr);
    return record;
}

Status TreeDir::read(const Caller&, std::uint64_t offset, bool plus, const DirSink& sink) {
    std::lock_guard lock(mutex_);
    for (const auto& fixed : fixed_entries()) {
        if (fixed.next > offset && !sink(fixed)) return {};
    }
    std::uint64_t cookie = offset > kFixedOffsets ? offset - kFixedOffsets : 0;
    if (cookie == 0) batch_.clear();  // rewinddir shows the directory as it is now
    while (const DirEntry* entry = ASTEROPE_TRY(entry_after(cookie))) {
        cookie = entry->cookie;
        if (is_reserved(options_, dir_, entry->name)) continue;
        if (!sink(record_of(*entry, plus))) return {};
    }
    return {};
}

}  // namespace asterope::fs
