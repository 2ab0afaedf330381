#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "client/wire/messages.h"
#include "daemon/limits.h"
#include "engine/core/volume.h"

namespace asterope::daemon {

/// What one client has open. Several connections may share a session; everything open is dropped with the session,
/// and its transactions are aborted.
/// Threads: any.
class Session {
  public:
    /// What requests go to: the volume itself, or what a transaction or a snapshot shows.
    struct View {
        std::shared_ptr<Volume> volume;
        std::shared_ptr<Transaction> transaction{};  ///< one of this session's own
    };
    struct Staged {
        std::shared_ptr<Volume> volume;  ///< that it must not outlive
        std::mutex mutex{};  ///< StagedContent serves one thread at a time
        std::unique_ptr<StagedContent> content{};
    };
    struct Stream {
        std::shared_ptr<Volume> volume;  ///< that it must not outlive
        std::mutex mutex;  ///< so does ResultStream
        std::stop_source stop;
        std::unique_ptr<ResultStream> results;
        std::size_t fetch_max = 1;  ///< results to take at once
        std::deque<Hit> fetched;  ///< taken from `results` and not yet sent
    };

    explicit Session(std::string id) : id_(std::move(id)) {}
    const std::string& id() const { return id_; }

    /// Errors: limit
    Result<wire::HandleId> add(std::shared_ptr<View> view) { return add(views_, std::move(view)); }
    Result<wire::HandleId> add(std::shared_ptr<File> file) { return add(files_, std::move(file)); }
    Result<wire::HandleId> add(std::shared_ptr<Staged> staged) { return add(staged_, std::move(staged)); }
    Result<wire::HandleId> add(std::shared_ptr<Stream> stream) { return add(streams_, std::move(stream)); }

    /// Errors: bad_handle
    Result<std::shared_ptr<View>> view(wire::HandleId id) { return find(views_, id); }
    Result<std::shared_ptr<File>> file(wire::HandleId id) { return find(files_, id); }
    Result<std::shared_ptr<Staged>> staged(wire::HandleId id) { return find(staged_, id); }
    Result<std::shared_ptr<Stream>> stream(wire::HandleId id) { return find(streams_, id); }

    /// Ends what `id` names, when the last call that uses it returns. Errors: bad_handle
    Status close(wire::HandleId id) {
        // Taken out under the lock, destroyed (which may commit) after it.
        std::shared_ptr<void> taken;
        const std::lock_guard lock(mutex_);
        const bool found = take(views_, id, taken) || take(files_, id, taken) || take(staged_, id, taken) ||
                           take(streams_, id, taken);
        return found ? Status{} : fail(Errc::bad_handle);
    }

  private:
    template <class T>
    using Table = std::map<wire::HandleId, std::shared_ptr<T>>;

    template <class T>
    Result<wire::HandleId> add(Table<T>& table, std::shared_ptr<T> object) {
        const std::lock_guard lock(mutex_);
        if (views_.size() + files_.size() + staged_.size() + streams_.size() >= limits::kHandles)
            return fail(Errc::limit, "too many open handles");
        const wire::HandleId id{++last_};
        table.emplace(id, std::move(object));
        return id;
    }
    template <class T>
    Result<std::shared_ptr<T>> find(Table<T>& table, wire::HandleId id) {
        const std::lock_guard lock(mutex_);
        const auto at = table.find(id);
        if (at == table.end()) return fail(Errc::bad_handle);
        return at->second;
    }
    template <class T>
    static bool take(Table<T>& table, wire::HandleId id, std::shared_ptr<void>& taken) {
        const auto at = table.find(id);
        if (at == table.end()) return false;
        taken = std::move(at->second);
        table.erase(at);
        return true;
    }

    const std::string id_;
    std::mutex mutex_;
    std::uint64_t last_ = 0;
    Table<View> views_;
    Table<File> files_;
    Table<Staged> staged_;
    Table<Stream> streams_;
};

}  // namespace asterope::daemon
