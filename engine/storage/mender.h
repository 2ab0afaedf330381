#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "engine/storage/view.h"

namespace asterope::storage {

/// Collects what an inspection changes in a store, and commits it. A crash in between leaves a store that is still to be
/// repaired. Threads: one at a time.
class Mender {
  public:
    /// `before`: the state that was inspected. Lifetime: both outlive it.
    Mender(kv::Store& store, const View& before) : store_(store), before_(before) {}
    /// Numbers from `first_id` on are free. Before next_id(), add_name() and lost_and_found().
    void use_ids_from(std::uint64_t first_id) { next_id_ = std::max(next_id_, first_id); }

    /// For puts and erases, except of nodes.
    kv::Batch& batch();
    /// The record of a node, to be changed. Requires: the state before has it, or set_record() was called.
    NodeRecord& record(NodeId node);
    void set_record(const NodeRecord& record);
    void erase_record(NodeId node);
    std::uint64_t next_id() { return next_id_++; }

    /// Gives the node a name in `parent`, which has none of that name.
    void add_name(NodeRecord& node, NodeId parent, const std::string& name);
    /// Where nodes without a place go: made when it is first needed.
    NodeId lost_and_found();

    bool changed() const { return changed_; }
    Status commit();

  private:
    kv::Store& store_;
    const View& before_;
    kv::Batch batch_;
    std::map<NodeId, NodeRecord> records_;
    std::uint64_t next_id_ = 0;
    NodeId lost_and_found_{};
    bool changed_ = false;
    std::int64_t new_nodes_ = 0;
    Status status_;
};

/// A record for a node of which nothing is known but that it is there: the caller's own, made now.
NodeRecord fresh_record(NodeId node, NodeType type);

}  // namespace asterope::storage
