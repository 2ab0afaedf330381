#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include "fs/view.h"

namespace asterope::fs {

/// The views that the kernel knows, by number. A view is there as long as the kernel has not forgotten its
/// last node; a number is given again only after that, so that no old node is ever taken for a new one.
/// Threads:  any.
class ViewTable {
  public:
    explicit ViewTable(std::shared_ptr<View> main) : main_(std::move(main)) {}

    struct Entered {
        ViewId id{};
        std::shared_ptr<View> view;
    };
    /// The view of `volume`, made with `options` if there is none, counting one look-up.
    /// Errors: limit (too many are known)
    Result<Entered> enter(const std::shared_ptr<Volume>& volume, const Options& options);
    /// The view that `id`, a node or a handle, belongs to. Errors: stale (it has ended)
    template <class Id>
    Result<std::shared_ptr<View>> find(Id id) const {
        return find_view(view_of(id));
    }
    /// Counts a look-up of `node`.
    void remember(NodeId node);
    /// Takes back `count` look-ups of `node`.
    void forget(NodeId node, std::uint64_t count);
    /// From now on every request to the view of `volume` fails with stale.
    void end(const Volume& volume);
    /// Whether a file or directory is open in the view of `volume`.
    bool in_use(const Volume& volume) const;

    std::size_t open_count() const;
    void close_all();

  private:
    struct Known {
        std::shared_ptr<View> view;  ///< nullptr: it has ended
        std::uint64_t lookups = 0;
    };
    Result<std::shared_ptr<View>> find_view(ViewId id) const;
    Result<ViewId> free_id();

    const std::shared_ptr<View> main_;
    mutable std::mutex mutex_;  ///< guards what follows
    std::unordered_map<ViewId, Known> known_;
    std::unordered_map<const Volume*, ViewId> by_volume_;  ///< those that have not ended
    std::uint16_t last_ = 1;
};

}  // namespace asterope::fs
