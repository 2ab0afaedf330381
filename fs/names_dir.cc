#include "fs/names_dir.h"

#include <algorithm>

namespace asterope::fs {

Status NamesDir::read(const Caller&, std::uint64_t offset, bool, const DirSink& sink) {
    if (offset < 1 && !sink({".", dir_, NodeType::directory, 1, {}})) return {};
    if (offset < 2 && !sink({"..", parent_, NodeType::directory, 2, {}})) return {};
    for (std::uint64_t next = std::max<std::uint64_t>(offset, 2) + 1; next <= names_.size() + 2; ++next) {
        // Any number but 0: LOOKUP gives the real one.
        if (!sink({names_[next - 3], dir_, NodeType::directory, next, {}})) return {};
    }
    return {};
}

}  // namespace asterope::fs
