#include <algorithm>

#include "engine/core/path.h"
#include "query/parser.h"
#include "tests/storage/isolation/state.h"

/// Steps on a real volume, and what they found there.
namespace asterope::isolation {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

Document document_of(const Fields& fields) {
    Document document;
    for (const auto& [name, value] : fields) document.set(name, value);
    return document;
}

Fields fields_of(const Document& document) {
    Fields fields;
    for (const auto& [name, value] : document) fields[name] = static_cast<int>(*value.get_if<std::int64_t>());
    return fields;
}

Result<std::string> content(Volume& volume, NodeId node) {
    const auto file = ASTEROPE_TRY(volume.open(node, {}));
    const Attr attr = ASTEROPE_TRY(file->getattr());
    std::string bytes(attr.size + 1, '\0');  // one more, so that a content longer than its size is seen
    bytes.resize(ASTEROPE_TRY(file->read(0, std::as_writable_bytes(std::span(bytes)))));
    return bytes.size() == attr.size ? bytes : "of another size: " + bytes;
}

Result<std::string> list(Volume& volume, NodeId dir) {
    std::vector<std::string> names;
    for (const DirEntry& entry : ASTEROPE_TRY(volume.list(dir, 0, 1000)))
        names.push_back(entry.name + (entry.type == NodeType::directory ? "/" : ""));
    std::sort(names.begin(), names.end());
    std::string text;
    for (const std::string& name : names) text += " " + name;
    return text;
}

Result<std::string> find(Volume& volume, const char* expression) {
    const auto query = ASTEROPE_TRY(query::parse_expression(expression));
    const auto results = ASTEROPE_TRY(volume.query(query, {}));
    std::vector<std::string> keys;
    for (const Hit& hit : ASTEROPE_TRY(results->next(1000))) keys.push_back(hit.key);
    std::sort(keys.begin(), keys.end());
    std::string text;
    for (const std::string& key : keys) text += " " + key;
    const std::uint64_t count = ASTEROPE_TRY(volume.count(query, {}));
    return count == keys.size() ? text : text + " but counts " + std::to_string(count);
}

Status write(Volume& volume, const Step& step) {
    const bool all = step.kind == StepKind::overwrite;
    const Attr attr = ASTEROPE_TRY(resolve(volume, step.path));
    const auto file = ASTEROPE_TRY(volume.open(attr.node, {.mode = OpenMode::write, .truncate = all}));
    ASTEROPE_TRY_STATUS(file->write(all ? 0 : 2, bytes_of(step.bytes)));
    return file->commit(Durability::none);
}

Status put(Volume& volume, const Place& place, const Step& step) {
    PutRequest request;
    request.content = ASTEROPE_TRY(volume.stage());
    ASTEROPE_TRY_STATUS(request.content->append(bytes_of(step.bytes)));
    if (step.fields) request.document = document_of(*step.fields);
    ASTEROPE_TRY(volume.put(place.dir, place.name, std::move(request)));
    return {};
}

Status create(Volume& volume, const Place& place, const Step& step) {
    NewNode what{.type = step.kind == StepKind::create ? NodeType::file : NodeType::directory};
    if (step.fields) what.document = document_of(*step.fields);
    ASTEROPE_TRY(volume.create(place.dir, place.name, what));
    return {};
}

Status change(Volume& volume, const Step& step) {
    const Place place = ASTEROPE_TRY(resolve_parent(volume, step.path));
    switch (step.kind) {
        case StepKind::create:
        case StepKind::make_directory: return create(volume, place, step);
        case StepKind::put: return put(volume, place, step);
        case StepKind::unlink: return volume.unlink(place.dir, place.name);
        case StepKind::remove_directory: return volume.rmdir(place.dir, place.name);
        case StepKind::rename: {
            const Place to = ASTEROPE_TRY(resolve_parent(volume, step.other));
            return volume.rename({place.dir, place.name}, {to.dir, to.name}, RenameMode::replace);
        }
        case StepKind::set_field: {
            std::vector<FieldChange> changes{{step.field, std::nullopt}};
            if (step.value) changes[0].value.emplace(*step.value);
            return volume.change_document(ASTEROPE_TRY(resolve(volume, step.path)).node, changes);
        }
        default: return write(volume, step);
    }
}

Result<std::string> look(Volume& volume, const Step& step) {
    if (step.kind == StepKind::find) return find(volume, kQuestions[step.question].expression);
    const NodeId node = ASTEROPE_TRY(resolve(volume, step.path)).node;
    if (step.kind == StepKind::list) return list(volume, node);
    if (step.kind == StepKind::read) return summary(ASTEROPE_TRY(content(volume, node)));
    return text_of(fields_of(ASTEROPE_TRY(volume.document(node))));
}

Status collect(Volume& volume, NodeId dir, const std::string& prefix, State& state) {
    for (const DirEntry& at : ASTEROPE_TRY(volume.list(dir, 0, 1000))) {
        Entry entry{.is_directory = at.type == NodeType::directory};
        entry.fields = fields_of(ASTEROPE_TRY(volume.document(at.node)));
        if (!entry.is_directory) entry.content = ASTEROPE_TRY(content(volume, at.node));
        state.set(prefix + at.name, &entry);
        if (entry.is_directory) ASTEROPE_TRY_STATUS(collect(volume, at.node, prefix + at.name + "/", state));
    }
    return {};
}

}  // namespace

std::string apply(Volume& volume, const Step& step) {
    Result<std::string> found = "ok";
    if (step.changes_nothing()) {
        found = look(volume, step);
    } else if (Status done = change(volume, step); !done) {
        found = Unexpected(done.error());
    }
    return found ? *found : std::string(name_of(found.error().code));
}

State State::of(Volume& volume) {
    State state;
    if (Status done = collect(volume, kRootNode, "", state); !done) state.set("cannot be read: " + done.error().text(), state.find(""));
    return state;
}

}  // namespace asterope::isolation
