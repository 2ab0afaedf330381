#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "client/contents.h"
#include "client/open.h"
#include "client/results.h"
#include "client/struct_map.h"
#include "client/typed.h"
#include "engine/core/volume.h"
#include "query/builder.h"

namespace asterope {

/// What get() answers: auto [content, document] = db.get(key).value();
struct Entry {
    std::string content;
    Document document;
};
template <class T>
struct TypedEntry {
    std::string content;
    T value{};
};

struct PutOptions {
    std::uint32_t mode = 0644;                  ///< permissions of a new file
    bool create_only = false;                   ///< exists if the key is taken
    std::optional<std::uint64_t> if_version{};  ///< conflict unless the file has this version (Attr::version)
    Durability durability = Durability::none;
};

/// The changes of a database from one point on.
/// Threads: one at a time.
class Feed {
  public:
    Feed(std::shared_ptr<Volume> volume, Sequence since) : volume_(std::move(volume)), since_(since) {}
    /// The next changes, oldest first; empty when none came within `wait`.
    /// Errors: stale (they came faster than this was called, and some are lost: begin a new feed)
    Result<std::vector<Change>> next(std::chrono::milliseconds wait);
    /// Where this feed has got to: db.watch(position) goes on there.
    Sequence position() const { return since_; }

  private:
    std::shared_ptr<Volume> volume_;
    Sequence since_;
};

/// A database: keys that name contents with documents. Keys are paths ("study1/ct-001.dcm"); storing one makes the
/// directories that it needs. Symbolic links are entries, not followed.
/// Every call is one atomic transaction of its own.
/// Shape:    a handle: copies share one connection.
/// Errors:   not_found · is_dir · not_dir · no_space · corrupt · io · unavailable in any call.
/// Threads:  any.
class Database {
  public:
    explicit Database(std::unique_ptr<Volume> volume) : volume_(std::move(volume)) {}

    /// What all of this stands on, for what is not here.
    Volume& volume() const { return *volume_; }

    // Contents with their documents
    /// Creates or replaces content and document in one step. Without a document, an existing file keeps its own.
    /// Errors: exists, conflict (by `options`)
    Result<Attr> put(std::string_view key, Bytes content) { return put_any(key, content, std::nullopt, {}); }
    Result<Attr> put(std::string_view key, Bytes content, const PutOptions& options) {
        return put_any(key, content, std::nullopt, options);
    }
    Result<Attr> put(std::string_view key, Bytes content, Document document, const PutOptions& options = {}) {
        return put_any(key, content, std::move(document), options);
    }
    template <MappedStruct T>
    Result<Attr> put(std::string_view key, Bytes content, const T& value, const PutOptions& options = {}) {
        return put_any(key, content, ASTEROPE_TRY(to_document(value)), options);
    }
    /// The whole content, in memory, and the document that belongs to it. Errors: conflict (it keeps changing)
    Result<Entry> get(std::string_view key);
    /// Errors: invalid (the document does not fit T)
    template <MappedStruct T>
    Result<TypedEntry<T>> get(std::string_view key) {
        Entry entry = ASTEROPE_TRY(get(key));
        return TypedEntry<T>{std::move(entry.content), ASTEROPE_TRY(from_document<T>(entry.document))};
    }

    // Streaming
    Result<Reader> open_read(std::string_view key);
    Result<Writer> open_write(std::string_view key, std::optional<Document> document = std::nullopt,
                              const PutOptions& options = {});
    /// Errors: unsupported (a large content of another process)
    Result<MappedContent> map(std::string_view key);

    // Documents alone
    Result<Document> document(std::string_view key);
    template <MappedStruct T>
    Result<T> document_as(std::string_view key) {
        return from_document<T>(ASTEROPE_TRY(document(key)));
    }
    /// Replaces the whole document. Errors: conflict (it keeps changing)
    Status set_document(std::string_view key, const Document& document);
    Status set_field(std::string_view key, std::string_view field, Value value);
    /// Removing a field that is not there is no error.
    Status remove_field(std::string_view key, std::string_view field);
    Status change_fields(std::string_view key, const std::vector<FieldChange>& changes);
    /// An RFC 7396 merge patch. Errors: parse
    Status patch(std::string_view key, std::string_view json);

    // Names
    Result<Attr> stat(std::string_view key);
    /// False too when a directory on the way is missing.
    Result<bool> contains(std::string_view key);
    /// The entries of a directory, by name; "" is the root.
    Result<std::vector<DirEntry>> list(std::string_view key = "");
    Result<Attr> make_directory(std::string_view key);
    /// A file, or an empty directory. Errors: not_empty
    Status remove(std::string_view key);
    /// With everything below it.
    Status remove_all(std::string_view key);
    /// Makes the directories that `to` needs. Errors: exists (no_replace) · not_empty
    Status rename(std::string_view from, std::string_view to, RenameMode mode = RenameMode::replace);

    // Queries: the expression form, or the builder: field("Modality") == "CT" && field("dose") > 50.0
    Results query(std::string_view expression);
    Results query(query::Query query) { return Results(volume_, std::move(query)); }
    Results query(const query::Selection& selection) { return query(selection.query()); }
    template <MappedStruct T>
    TypedResults<T> query(std::string_view expression) {
        return TypedResults<T>(volume_, parsed(expression));
    }
    template <MappedStruct T>
    TypedResults<T> query(query::Query query) {
        return TypedResults<T>(volume_, std::move(query));
    }
    template <MappedStruct T>
    TypedResults<T> query(const query::Selection& selection) {
        return TypedResults<T>(volume_, selection.query());
    }
    Result<std::uint64_t> count(std::string_view expression) { return query(expression).count(); }
    Result<std::uint64_t> count(query::Query q) { return query(std::move(q)).count(); }
    Result<std::uint64_t> count(const query::Selection& selection) { return query(selection).count(); }

    // Feed and durability
    /// The changes from now on, or after `since`.
    Feed watch() { return Feed(volume_, volume_->sequence()); }
    Feed watch(Sequence since) { return Feed(volume_, since); }
    /// The key of a change's node. Errors: not_found, stale (it is gone)
    Result<std::string> key_of(NodeId node);
    /// Everything answered before is on stable storage afterwards.
    Status sync() { return volume_->sync(); }

  private:
    static Result<query::Query> parsed(std::string_view expression);
    Result<Attr> put_any(std::string_view key, Bytes content, std::optional<Document> document,
                         const PutOptions& options);
    Status remove_tree(NodeId dir);

    std::shared_ptr<Volume> volume_;
};

/// The database of a store's directory, whether another process has it open (a mount) or none. open_volume() says more.
/// Errors: not_found · format · unavailable · unsupported (a URL), each with one line that says it
Result<Database> open(const std::string& path_or_url, const VolumeOptions& options = {});

}  // namespace asterope
