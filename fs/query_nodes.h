#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/core/volume.h"
#include "fs/types.h"

namespace asterope::fs {

/// What a node of the query tree is.
enum class QueryKind : std::uint8_t {
    root,     ///< /query
    readme,   ///< /query/README
    saved,    ///< /query/@saved
    entry,    ///< /query/@saved/NAME
    results,  ///< /query/EXPRESSION/… and /query/NAME
    control,  ///< .count and so on in a result directory
};

struct QueryNode {
    QueryKind kind = QueryKind::results;
    NodeId parent{};
    std::string name;                             ///< of a control file and a saved entry
    std::shared_ptr<const query::Query> query{};  ///< of results and control files
    NodeId stored{};                              ///< of a saved entry: the directory that keeps it
};

constexpr NodeId kQueryRoot{kQueryNodeBit | 1};
constexpr NodeId kReadmeNode{kQueryNodeBit | 2};
constexpr NodeId kSavedNode{kQueryNodeBit | 3};

/// The nodes of the query tree that the kernel knows, by number and by (parent, name). The three fixed ones are always there;
/// the others live as long as the kernel's count of look-ups is not forgotten.
/// Threads:  any.
class QueryNodes {
  public:
    QueryNodes();

    /// Errors: stale
    Result<std::shared_ptr<const QueryNode>> find(NodeId node) const;
    /// The number of `made` as `name` in its parent, counting one look-up. The same place has the same number while it is known;
    /// what it means is always what was looked up last.
    NodeId intern(std::string_view name, QueryNode made);
    /// Takes back `count` look-ups.
    void forget(NodeId node, std::uint64_t count);
    std::size_t size() const;

  private:
    using Place = std::pair<NodeId, std::string>;
    struct Known {
        std::shared_ptr<const QueryNode> node;
        Place place;
        std::uint64_t lookups = 0;
    };

    mutable std::mutex mutex_;
    std::unordered_map<NodeId, Known> known_;
    std::map<Place, NodeId> places_;
    std::uint64_t last_ = kQueryNodeBit | 15;
};

}  // namespace asterope::fs
