#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>

#include "engine/core/volume.h"
#include "tests/fs/sparse_bytes.h"

namespace asterope {

class ModelSource;

/// The obvious implementation of Volume: maps under one mutex, queries over a copy of all files (model_source.h).
/// It keeps nothing on disk. Other implementations are compared with it, and fs/ is tested over it.
class ModelVolume : public Volume {
  public:
    ModelVolume();
    ~ModelVolume() override;

    VolumeInfo info() const override;
    Result<SpaceInfo> space() override;

    Result<Attr> lookup(NodeId dir, std::string_view name) override;
    Result<Attr> getattr(NodeId node) override;
    Result<Attr> setattr(NodeId node, const AttrChange& change) override;
    Result<Attr> create(NodeId dir, std::string_view name, const NewNode& what) override;
    Status unlink(NodeId dir, std::string_view name) override;
    Status rmdir(NodeId dir, std::string_view name) override;
    Status rename(const Link& from, const Link& to, RenameMode mode) override;
    Result<Attr> link(NodeId node, NodeId dir, std::string_view name) override;
    Result<std::string> readlink(NodeId node) override;
    Result<std::vector<DirEntry>> list(NodeId dir, std::uint64_t cookie, std::size_t count_max) override;
    Result<Link> first_link(NodeId node) override;

    Result<std::unique_ptr<File>> open(NodeId node, const OpenOptions& options) override;
    Result<std::unique_ptr<StagedContent>> stage() override;
    Result<Attr> put(NodeId dir, std::string_view name, PutRequest request) override;

    Result<Document> document(NodeId node) override;
    Status change_document(NodeId node, const std::vector<FieldChange>& changes, SetMode mode,
                           std::optional<std::uint64_t> if_version) override;
    Result<std::string> attribute(NodeId node, std::string_view name) override;
    Result<std::vector<std::string>> list_attributes(NodeId node) override;
    Status set_attribute(NodeId node, std::string_view name, std::string_view bytes, SetMode mode) override;
    Status remove_attribute(NodeId node, std::string_view name) override;

    Result<std::unique_ptr<ResultStream>> query(const query::Query& query,
                                                const QueryOptions& options) override;
    Result<std::uint64_t> count(const query::Query& query, const QueryOptions& options) override;
    Result<std::string> explain(const query::Query& query, const QueryOptions& options) override;
    Result<bool> matches(const query::Query& query, NodeId node) override;

    Result<SnapshotInfo> make_snapshot(std::string_view name) override;
    Status drop_snapshot(std::string_view name) override;
    Result<std::vector<SnapshotInfo>> snapshots() override;
    Result<std::shared_ptr<Volume>> open_snapshot(std::string_view name) override;

    Result<std::vector<Change>> changes(Sequence since, std::size_t count_max,
                                        std::chrono::milliseconds wait) override;
    Sequence sequence() override;
    Status sync() override { return {}; }

    /// For tests: Files that are open now.
    std::size_t open_count();

  private:
    friend class ModelFile;

    struct Name {
        NodeId node{};
        std::uint64_t cookie = 0;
    };
    struct Node {
        Attr attr;
        SparseBytes bytes;
        std::string target;
        Document document;
        std::map<std::string, std::string, std::less<>> attributes;
        std::map<std::string, Name, std::less<>> names;  ///< of a directory
        std::map<std::uint64_t, std::string> cookies;    ///< the same, by cookie
        std::uint64_t last_cookie = 0;
        std::vector<Link> links;  ///< where this node is named; the first makes its key
        std::size_t open_count = 0;
        bool had_fields = false;  ///< ever had a field: then no rename hands it another document
    };

    struct Snapshot {
        Timestamp created{};
        std::shared_ptr<ModelVolume> state;
    };

    // All below: under mutex_.
    std::shared_ptr<ModelVolume> frozen_copy() const;
    Status require_writable() const { return read_only_ ? Status(fail(Errc::read_only)) : Status{}; }
    Result<Node*> find(NodeId node);
    Result<Node*> find_dir(NodeId dir);
    Result<Node*> child(Node& dir, std::string_view name);
    bool is_below(NodeId node, NodeId ancestor);
    Node& add_node(const NewNode& what);
    void add_name(Node& dir, std::string_view name, Node& node);
    void remove_name(Node& dir, std::string_view name, Node& node);
    void drop_if_gone(Node& node);
    void touch_content(Node& node);
    void touch_metadata(Node& node);
    void record(ChangeKind kind, const Node& node, Link at = {}, std::optional<Link> from = std::nullopt,
                bool inherited = false);
    Status check_replace(Node& from, Node& to);
    Status exchange(Node& from_dir, const Link& from, Node& to_dir, const Link& to);
    std::string key_of(const Node& node);
    std::unique_ptr<ModelSource> source();  ///< takes the mutex itself
    void refresh(Node& node);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<NodeId, Node> nodes_;
    std::uint64_t last_node_ = 0;
    std::uint64_t sequence_ = 0;
    std::deque<Change> changes_;
    std::map<std::string, Snapshot, std::less<>> snapshots_;
    bool read_only_ = false;
};

}  // namespace asterope
