#include "tests/storage/isolation/step.h"

#include "tests/storage/isolation/state.h"

namespace asterope::isolation {
namespace {

constexpr const char* kNames[] = {"read", "document", "list",   "find",     "create", "make_directory", "put", "overwrite",
                                  "patch", "set_field", "rename", "unlink", "remove_directory"};
/// How often each kind comes, in the order of StepKind.
constexpr int kWeights[kStepKindCount] = {14, 8, 6, 14, 6, 5, 10, 4, 8, 14, 10, 6, 3};
constexpr int kWeightSum = 108;

/// Above what is kept in the index.
constexpr std::size_t kBlobBytes = 10'000;

}  // namespace

std::string summary(const std::string& bytes) {
    if (bytes.size() < 40) return "'" + bytes + "'";
    return "'" + bytes.substr(0, 12) + "...' " + std::to_string(bytes.size()) + " bytes " + std::to_string(std::hash<std::string>()(bytes) % 10'000);
}

std::string text_of(const Fields& fields) {
    std::string text;
    for (const auto& [name, value] : fields) text += " " + name + "=" + std::to_string(value);
    return text;
}

std::string Step::text() const {
    std::string line = kNames[static_cast<int>(kind)];
    if (kind == StepKind::find) return line + " [" + kQuestions[question].expression + "]";
    line += " /" + path;
    if (!other.empty()) line += " /" + other;
    if (!bytes.empty()) line += " " + summary(bytes);
    if (!field.empty()) line += " " + field + (value ? "=" + std::to_string(*value) : " removed");
    return fields ? line + text_of(*fields) : line;
}

StepKind StepSource::kind() {
    int at = static_cast<int>(below(kWeightSum));
    int i = 0;
    while ((at -= kWeights[i]) >= 0) ++i;
    return static_cast<StepKind>(i);
}

std::string StepSource::file() {
    static constexpr const char* kFiles[] = {"a", "b", "c", "p/a", "p/b", "q/a"};
    return kFiles[below(std::size(kFiles))];
}

/// Each is another: it tells which step wrote it.
std::string StepSource::content() {
    std::string bytes = "step " + std::to_string(++count_) + " ";
    if (below(4) == 0) bytes.resize(kBlobBytes + below(1000), '.');
    return bytes;
}

Fields StepSource::fields() {
    Fields fields;
    if (below(3) != 0) fields["kind"] = static_cast<int>(below(3));
    if (below(3) == 0) fields["dose"] = static_cast<int>(below(5));
    return fields;
}

Step StepSource::put(std::string path) {
    Step step{.kind = StepKind::put, .path = std::move(path), .bytes = content()};
    if (below(2) == 0) step.fields = fields();
    return step;
}

Step StepSource::next() {
    Step step{.kind = kind()};
    switch (step.kind) {
        case StepKind::read:
        case StepKind::document:
        case StepKind::unlink: step.path = any(); break;
        case StepKind::list: step.path = below(2) == 0 ? "" : any(); break;
        case StepKind::find: step.question = below(kQuestionCount); break;
        case StepKind::create:
            step.path = file();
            step.fields = fields();
            break;
        case StepKind::make_directory:
        case StepKind::remove_directory: step.path = directory(); break;
        case StepKind::put: return put(file());
        case StepKind::overwrite:
            step.path = file();
            step.bytes = content();
            break;
        case StepKind::patch:
            step.path = file();
            step.bytes = "patch " + std::to_string(++count_);
            break;
        case StepKind::set_field:
            step.path = any();
            step.field = below(2) == 0 ? "kind" : "dose";
            if (below(4) != 0) step.value = static_cast<int>(below(3));
            break;
        case StepKind::rename:
            step.path = moves_directories_ ? any() : file();
            step.other = any();
            break;
    }
    return step;
}

}  // namespace asterope::isolation
