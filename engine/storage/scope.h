#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>

#include "engine/storage/edit.h"

namespace asterope::storage {

/// The state that the operations of a volume read and change: the store itself (Writer), a transaction's private view
/// of it, or a snapshot.
/// Threads: any.
class Scope {
  public:
    /// One change. It may be run again, on a later state, when a transaction commits: it captures by value.
    using Operation = std::function<Status(Edit&)>;

    virtual ~Scope() = default;
    virtual std::shared_ptr<const kv::Reader> now() const = 0;
    /// Runs `operation` alone and commits what it did; an error of it commits nothing. What did nothing is no commit.
    virtual Status run(const Operation& operation) = 0;
    /// Runs `action` while no operation runs, with the latest state.
    virtual Status exclusively(const std::function<Status(const View&)>& action) = 0;
    /// A number for a new node, blob or directory cookie. Errors: no_space · read_only
    virtual Result<std::uint64_t> next_id() = 0;
    /// Whether `blob` may be changed where it is: nobody else can see it as it was.
    virtual bool may_write_in_place(BlobId blob) const = 0;
    /// Removes `node`, which has lost its last name, if nobody has it open.
    virtual Status forget(NodeId node) = 0;
    virtual bool is_read_only() const { return false; }
    /// Whether now() shows what others commit, without telling who has files open.
    virtual bool follows_others() const { return false; }
    /// The number of the latest event of the feed that now() has.
    virtual Sequence last_change() const = 0;
    /// Waits until the feed is past `since`, at most `wait`.
    virtual void wait_for_change(Sequence since, std::chrono::milliseconds wait) = 0;
    /// Everything committed before is on stable storage afterwards.
    virtual Status sync() = 0;

    /// run() for an operation that returns a Result<T>.
    template <class F>
    std::invoke_result_t<F, Edit&> apply(F operation) {
        using Returned = std::invoke_result_t<F, Edit&>;
        if constexpr (std::is_same_v<Returned, Status>) {
            return run(std::move(operation));
        } else {
            auto out = std::make_shared<std::optional<typename Returned::value_type>>();
            ASTEROPE_TRY_STATUS(run([operation = std::move(operation), out](Edit& edit) -> Status {
                *out = ASTEROPE_TRY(operation(edit));
                return {};
            }));
            return std::move(**out);
        }
    }
};

}  // namespace asterope::storage
