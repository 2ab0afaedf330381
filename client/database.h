#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
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

class DatabaseTransaction;

/// A database: keys that name contents with documents. Keys are paths ("study1/ct-001.dcm"); storing one makes the
/// directories that it needs. Symbolic links are entries, not followed.
/// Every call is one atomic transaction of its own; begin() makes several one.
/// Shape:    a handle: copies share one connection.
/// Errors:   not_found · is_dir · not_dir · no_space · corrupt · io · unavailable in any call.
/// Threads:  any.
class Database {
  public:
    explicit Database(std::shared_ptr<Volume> volume) : volume_(std::move(volume)) {}

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

    // Transactions and snapshots
    /// Begins a transaction, which has all these calls. Errors: unsupported (in a transaction or a snapshot)
    Result<DatabaseTransaction> begin(const TransactionOptions& options = {});
    /// Runs `work(transaction)`, which returns a Result, and commits; returns what `work` returned. An error of `work`
    /// aborts. After a conflict it all runs again, in a new transaction, so `work` must have no other effects.
    /// Errors: conflict (`tries_max` times in a row) · those of `work` and of commit
    template <class Work>
    auto transact(Work&& work, const TransactionOptions& options = {}, int tries_max = 16)
        -> std::invoke_result_t<Work&, DatabaseTransaction&>;

    /// Keeps the whole database as it is now under a name. It outlives the process. Errors: exists · invalid · no_space
    Result<SnapshotInfo> snapshot(std::string_view name) { return volume_->make_snapshot(name); }
    Status drop_snapshot(std::string_view name) { return volume_->drop_snapshot(name); }
    Result<std::vector<SnapshotInfo>> snapshots() { return volume_->snapshots(); }
    /// A database that cannot be changed. Errors: not_found
    Result<Database> open_snapshot(std::string_view name);

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
    /// Lets the others finish: longer and longer, and no two equally.
    static void wait_before_try(int number);

    std::shared_ptr<Volume> volume_;
};

/// Changes that become visible together or not at all: everything that a Database can do, seen by nobody else before
/// commit(). Destroying it aborts it, and ends what was opened through it.
/// Errors:   stale in any call after the end (a commit, an abort, the idle limit) · limit (too large)
/// Threads:  any.
class DatabaseTransaction : public Database {
  public:
    explicit DatabaseTransaction(std::shared_ptr<Transaction> transaction)
        : Database(std::shared_ptr<Volume>(transaction, &transaction->view())), transaction_(std::move(transaction)) {}
    DatabaseTransaction(DatabaseTransaction&&) = default;
    DatabaseTransaction& operator=(DatabaseTransaction&& other) noexcept {
        std::swap(transaction_, other.transaction_);
        std::swap<Database>(*this, other);
        return *this;
    }
    ~DatabaseTransaction() { abort(); }

    /// Errors: conflict (others changed what stands against it: begin again) · no_space, io (nothing has changed; it goes on)
    Status commit() { return transaction_->commit(); }
    /// No effect on one that has ended.
    void abort() {
        if (transaction_) transaction_->abort();
    }

  private:
    std::shared_ptr<Transaction> transaction_;
};

template <class Work>
auto Database::transact(Work&& work, const TransactionOptions& options, int tries_max)
    -> std::invoke_result_t<Work&, DatabaseTransaction&> {
    for (int number = 1;; ++number) {
        wait_before_try(number);
        DatabaseTransaction transaction = ASTEROPE_TRY(begin(options));
        auto done = work(transaction);
        const Status committed = done ? transaction.commit() : Status(Unexpected(done.error()));
        if (committed) return done;
        if (committed.error().code != Errc::conflict || number >= tries_max) return Unexpected(committed.error());
    }
}

/// The database of a store's directory, whether another process has it open (a mount) or none. open_volume() says more.
/// Errors: not_found · format · unavailable · unsupported (a URL), each with one line that says it
Result<Database> open(const std::string& path_or_url, const VolumeOptions& options = {});

}  // namespace asterope
