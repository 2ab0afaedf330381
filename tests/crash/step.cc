#include "tests/crash/step.h"

namespace asterope::crash {
namespace {

constexpr const char* kNames[] = {"make_directory", "create", "put", "overwrite", "patch", "rename", "link", "symlink",
                                  "unlink", "remove_directory", "set_fields", "set_attribute", "change_mode", "sync"};
/// How often each kind comes, in the order of StepKind.
constexpr int kWeights[kStepKindCount] = {6, 10, 14, 18, 10, 16, 6, 3, 6, 3, 14, 4, 3, 1};

constexpr std::uint64_t kSmallBytes = 300, kInlineBytes = 8192, kLargeBytes = 120'000, kHugeBytes = 1'500'000;

}  // namespace

std::string Step::text() const {
    std::string line = kNames[static_cast<int>(kind)];
    if (!path.empty()) line += " " + path;
    if (!other.empty()) line += " " + other;
    if (kind == StepKind::rename) line += " mode " + std::to_string(static_cast<int>(mode));
    if (!bytes.empty()) line += " " + std::to_string(bytes.size()) + " bytes";
    for (const FieldChange& field : fields)
        line += " " + field.name + (field.value ? "=" + to_xattr_bytes(*field.value) : " removed");
    return line + (durable ? " durable" : "");
}

StepKind StepSource::kind() {
    for (;;) {
        int at = static_cast<int>(below(114));
        for (int i = 0; i < kStepKindCount; ++i) {
            const auto chosen = static_cast<StepKind>(i);
            if ((at -= kWeights[i]) >= 0) continue;
            if ((chosen == StepKind::put && !choice_.puts) || (chosen == StepKind::sync && !choice_.syncs)) break;
            return chosen;
        }
    }
}

std::string StepSource::directory() {
    std::string path(1, static_cast<char>('p' + below(2)));
    while (below(3) == 0 && path.size() < 5) path += std::string("/") + static_cast<char>('p' + below(2));
    return path;
}

std::string StepSource::file() {
    const std::string name(1, static_cast<char>('a' + below(5)));
    return below(3) == 0 ? name : directory() + "/" + name;
}

/// Bytes that tell which step wrote them, and where.
std::string StepSource::content(std::uint64_t bytes_max) {
    const std::uint64_t size = below(bytes_max + 1);
    std::string bytes;
    bytes.reserve(size + 32);
    for (std::uint64_t line = 0; bytes.size() < size; ++line)
        bytes += "step " + std::to_string(count_) + " line " + std::to_string(line) + "\n";
    bytes.resize(size);
    return bytes;
}

std::vector<FieldChange> StepSource::fields() {
    static constexpr const char* kFields[] = {"kind", "dose", "note"};
    std::vector<FieldChange> changes;
    for (std::uint64_t first = below(3), i = 0, count = 1 + below(3); i < count; ++i) {
        std::optional<Value> value;
        if (const auto choice = below(4); choice == 1)
            value = Value(static_cast<int>(below(5)));
        else if (choice > 1)
            value = Value("text " + std::to_string(below(5)));
        changes.push_back({kFields[(first + i) % 3], std::move(value)});
    }
    return changes;
}

Step StepSource::next() {
    Step step;
    ++count_;
    step.kind = kind();
    switch (step.kind) {
        case StepKind::make_directory:
        case StepKind::remove_directory: step.path = directory(); break;
        case StepKind::create:
        case StepKind::unlink: step.path = file(); break;
        case StepKind::put: {
            step.path = file();
            const std::uint64_t sizes[] = {kSmallBytes, kSmallBytes, kInlineBytes, kLargeBytes, below(10) == 0 ? kHugeBytes : kLargeBytes};
            step.bytes = content(sizes[below(5)]);
            if (below(2) == 0) step.fields = fields();
            break;
        }
        case StepKind::overwrite: {
            step.path = file();
            const std::uint64_t sizes[] = {kSmallBytes, kInlineBytes, 2 * kInlineBytes, kLargeBytes};
            step.bytes = content(sizes[below(4)]);
            break;
        }
        case StepKind::patch:
            step.path = file();
            step.offset = below(kSmallBytes);
            step.bytes = content(kSmallBytes);
            break;
        case StepKind::rename:
            step.path = any();
            step.other = any();
            step.mode = below(3) != 0 ? RenameMode::replace : static_cast<RenameMode>(below(3));
            break;
        case StepKind::link:
            step.path = file();
            step.other = file();
            break;
        case StepKind::symlink:
            step.path = file();
            step.bytes = "nowhere " + std::to_string(count_);
            break;
        case StepKind::set_fields:
            step.path = any();
            step.fields = fields();
            break;
        case StepKind::set_attribute:
            step.path = any();
            step.bytes = content(kSmallBytes);
            break;
        case StepKind::change_mode:
            step.path = any();
            step.permissions = 0700 + static_cast<std::uint32_t>(below(64));
            break;
        case StepKind::sync: step.durable = true; break;
    }
    const bool can_sync = step.kind == StepKind::put || step.kind == StepKind::overwrite || step.kind == StepKind::patch;
    if (can_sync && below(50) == 0) step.durable = choice_.syncs;
    return step;
}

}  // namespace asterope::crash
