#include "client/database.h"

#include <unistd.h>

#include <algorithm>

#include "engine/core/path.h"
#include "engine/serialization/json.h"
#include "query/parser.h"

namespace asterope {
namespace {

constexpr int kTriesMax = 16;          ///< against a file that changes meanwhile
constexpr std::size_t kListBatch = 1024;

NewNode new_directory() {
    return {.type = NodeType::directory, .mode = 0755, .uid = ::geteuid(), .gid = ::getegid()};
}

/// Where `key` is to be, its directories made.
Result<Place> place_for(Volume& volume, std::string_view key) {
    auto components = ASTEROPE_TRY(split_key(key));
    if (components.empty()) return fail(Errc::invalid, "the key is empty");
    Place place{kRootNode, std::move(components.back())};
    components.pop_back();
    std::string parent;
    for (const auto& component : components) parent += component + "/";
    place.dir = ASTEROPE_TRY(make_directories(volume, parent, new_directory())).node;
    return place;
}

PutRequest request_of(const PutOptions& options, std::optional<Document> document) {
    return {.mode = options.mode, .uid = ::geteuid(), .gid = ::getegid(), .document = std::move(document),
            .create_only = options.create_only, .if_version = options.if_version, .durability = options.durability};
}

Result<std::unique_ptr<File>> open_file(Volume& volume, const Attr& attr, std::string_view key) {
    if (attr.type == NodeType::directory) return fail(Errc::is_dir, "'" + std::string(key) + "' is a directory");
    if (attr.type != NodeType::file)
        return fail(Errc::invalid, "'" + std::string(key) + "' has no content: it is a " + name_of(attr.type));
    return volume.open(attr.node, {.mode = OpenMode::read});
}

Result<std::string> read_all(File& file) {
    std::string content(ASTEROPE_TRY(file.getattr()).size, '\0');
    content.resize(ASTEROPE_TRY(file.read(0, std::as_writable_bytes(std::span(content)))));
    return content;
}

/// The changes that make `to` of `from`.
std::vector<FieldChange> difference(const Document& from, const Document& to) {
    std::vector<FieldChange> changes;
    for (const auto& [name, value] : from) {
        if (to.find(name) == nullptr) changes.push_back({name, std::nullopt});
    }
    for (const auto& [name, value] : to) {
        const Value* const old = from.find(name);
        if (old == nullptr || !(*old == value)) changes.push_back({name, value});
    }
    return changes;
}

}  // namespace

Result<Database> open(const std::string& path_or_url, const VolumeOptions& options) {
    return Database(ASTEROPE_TRY(open_volume(path_or_url, options)));
}

Result<std::vector<Change>> Feed::next(std::chrono::milliseconds wait) {
    auto changes = ASTEROPE_TRY(volume_->changes(since_, kListBatch, wait));
    if (!changes.empty()) since_ = changes.back().sequence;
    return changes;
}

Result<Attr> Database::put_any(std::string_view key, Bytes content, std::optional<Document> document,
                               const PutOptions& options) {
    Writer writer = ASTEROPE_TRY(open_write(key, std::move(document), options));
    ASTEROPE_TRY_STATUS(writer.write(content));
    return writer.commit();
}

Result<Entry> Database::get(std::string_view key) {
    for (int i = 0; i < kTriesMax; ++i) {
        const Attr before = ASTEROPE_TRY(resolve(*volume_, key));
        const auto file = ASTEROPE_TRY(open_file(*volume_, before, key));
        Entry entry{ASTEROPE_TRY(read_all(*file)), ASTEROPE_TRY(volume_->document(before.node))};
        const Attr after = ASTEROPE_TRY(file->getattr());
        if (after.version == before.version) return entry;
    }
    return fail(Errc::conflict, "'" + std::string(key) + "' keeps changing");
}

Result<Reader> Database::open_read(std::string_view key) {
    const Attr attr = ASTEROPE_TRY(resolve(*volume_, key));
    return Reader(volume_, ASTEROPE_TRY(open_file(*volume_, attr, key)), attr);
}

Result<Writer> Database::open_write(std::string_view key, std::optional<Document> document, const PutOptions& options) {
    Place place = ASTEROPE_TRY(place_for(*volume_, key));
    auto content = ASTEROPE_TRY(volume_->stage());
    return Writer(volume_, std::move(content), place.dir, std::move(place.name),
                  request_of(options, std::move(document)));
}

Result<MappedContent> Database::map(std::string_view key) {
    const Attr attr = ASTEROPE_TRY(resolve(*volume_, key));
    auto file = ASTEROPE_TRY(open_file(*volume_, attr, key));
    const std::uint64_t size = ASTEROPE_TRY(file->getattr()).size;
    return MappedContent::map(volume_, std::move(file), size);
}

Result<Document> Database::document(std::string_view key) {
    return volume_->document(ASTEROPE_TRY(resolve(*volume_, key)).node);
}

Status Database::set_document(std::string_view key, const Document& document) {
    for (int i = 0; i < kTriesMax; ++i) {
        const Attr attr = ASTEROPE_TRY(resolve(*volume_, key));
        const auto changes = difference(ASTEROPE_TRY(volume_->document(attr.node)), document);
        if (changes.empty()) return {};
        auto changed = volume_->change_document(attr.node, changes, SetMode::any, attr.version);
        if (changed || changed.error().code != Errc::conflict) return changed;
    }
    return fail(Errc::conflict, "'" + std::string(key) + "' keeps changing");
}

Status Database::set_field(std::string_view key, std::string_view field, Value value) {
    return change_fields(key, {{std::string(field), std::move(value)}});
}
Status Database::remove_field(std::string_view key, std::string_view field) {
    return change_fields(key, {{std::string(field), std::nullopt}});
}
Status Database::change_fields(std::string_view key, const std::vector<FieldChange>& changes) {
    return volume_->change_document(ASTEROPE_TRY(resolve(*volume_, key)).node, changes, SetMode::any, std::nullopt);
}
Status Database::patch(std::string_view key, std::string_view json) {
    return change_fields(key, ASTEROPE_TRY(merge_patch_from_json(json)));
}

Result<Attr> Database::stat(std::string_view key) {
    return resolve(*volume_, key);
}
Result<bool> Database::contains(std::string_view key) {
    const auto attr = resolve(*volume_, key);
    if (!attr && attr.error().code != Errc::not_found && attr.error().code != Errc::not_dir)
        return Unexpected(attr.error());
    return attr.has_value();
}

Result<std::vector<DirEntry>> Database::list(std::string_view key) {
    const Attr attr = ASTEROPE_TRY(resolve(*volume_, key));
    std::vector<DirEntry> entries;
    std::uint64_t cookie = 0;
    for (;;) {
        auto batch = ASTEROPE_TRY(volume_->list(attr.node, cookie, kListBatch));
        if (batch.empty()) break;
        cookie = batch.back().cookie;
        std::move(batch.begin(), batch.end(), std::back_inserter(entries));
    }
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return entries;
}

Result<Attr> Database::make_directory(std::string_view key) {
    return make_directories(*volume_, key, new_directory());
}

Status Database::remove(std::string_view key) {
    const Place place = ASTEROPE_TRY(resolve_parent(*volume_, key));
    const Attr attr = ASTEROPE_TRY(volume_->lookup(place.dir, place.name));
    if (attr.type == NodeType::directory) return volume_->rmdir(place.dir, place.name);
    return volume_->unlink(place.dir, place.name);
}

/// Empties the directory `root`. Not recursive: trees may be deeper than the stack.
Status Database::remove_tree(NodeId root) {
    std::vector<Place> path;  // the directories that are being emptied, each with its name in the one before
    NodeId dir = root;
    for (;;) {
        // From the start each time: what was listed before is gone.
        const auto entries = ASTEROPE_TRY(volume_->list(dir, 0, kListBatch));
        const auto inner = std::find_if(entries.begin(), entries.end(),
                                        [](const DirEntry& e) { return e.type == NodeType::directory; });
        for (const DirEntry& entry : entries) {
            if (entry.type != NodeType::directory) ASTEROPE_TRY_STATUS(volume_->unlink(dir, entry.name));
        }
        if (inner != entries.end()) {
            path.push_back({dir, inner->name});
            dir = inner->node;
        } else if (entries.empty()) {
            if (path.empty()) return {};
            ASTEROPE_TRY_STATUS(volume_->rmdir(path.back().dir, path.back().name));
            dir = path.back().dir;
            path.pop_back();
        }
    }
}

Status Database::remove_all(std::string_view key) {
    const Attr attr = ASTEROPE_TRY(resolve(*volume_, key));
    if (attr.type == NodeType::directory) ASTEROPE_TRY_STATUS(remove_tree(attr.node));
    return attr.node == kRootNode ? Status{} : remove(key);
}

Status Database::rename(std::string_view from, std::string_view to, RenameMode mode) {
    const Place source = ASTEROPE_TRY(resolve_parent(*volume_, from));
    ASTEROPE_TRY(volume_->lookup(source.dir, source.name));
    const Place target = ASTEROPE_TRY(place_for(*volume_, to));
    return volume_->rename({source.dir, source.name}, {target.dir, target.name}, mode);
}

Result<query::Query> Database::parsed(std::string_view expression) {
    return query::parse_expression(expression);
}
Results Database::query(std::string_view expression) {
    return Results(volume_, parsed(expression));
}

Result<std::string> Database::key_of(NodeId node) {
    return asterope::key_of(*volume_, node);
}

}  // namespace asterope
