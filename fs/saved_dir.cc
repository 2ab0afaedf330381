#include "fs/saved_dir.h"

#include "fs/query_nodes.h"

namespace asterope::fs {
namespace {

/// Offsets 1 to 3 are after ".", ".." and README; a cookie c of the saved queries is the offset c + 3.
constexpr std::uint64_t kFixedOffsets = 3;
constexpr std::size_t kBatchEntries = 256;

/// False: the sink is full.
bool give_fixed(std::uint64_t offset, NodeId dir, NodeId parent, bool with_readme, const DirSink& sink) {
    if (offset < 1 && !sink({".", dir, NodeType::directory, 1, {}})) return false;
    if (offset < 2 && !sink({"..", parent, NodeType::directory, 2, {}})) return false;
    return offset >= 3 || !with_readme || sink({"README", kReadmeNode, NodeType::file, kFixedOffsets, {}});
}

}  // namespace

Status SavedDir::read(const Caller&, std::uint64_t offset, bool, const DirSink& sink) {
    if (!give_fixed(offset, dir_, parent_, with_readme_, sink)) return {};
    std::uint64_t cookie = offset > kFixedOffsets ? offset - kFixedOffsets : 0;
    for (;;) {
        const auto entries = ASTEROPE_TRY(saved_.list(cookie, kBatchEntries));
        if (entries.empty()) return {};
        for (const auto& entry : entries) {
            cookie = entry.cookie;
            const NodeId number{kQueryNodeBit |
                                raw(entry.node)};  // any but 0: LOOKUP gives the node its real one
            if (!sink({entry.name, number, NodeType::directory, cookie + kFixedOffsets, {}})) return {};
        }
    }
}

Status EmptyDir::read(const Caller&, std::uint64_t offset, bool, const DirSink& sink) {
    give_fixed(offset, dir_, parent_, false, sink);
    return {};
}

}  // namespace asterope::fs
