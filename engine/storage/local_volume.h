#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "engine/core/volume.h"
#include "engine/storage/names.h"
#include "engine/storage/open_nodes.h"
#include "engine/storage/store_directory.h"

namespace asterope {

struct StoreOptions {
    OnReplace on_replace = OnReplace::inherit;
    std::function<void(std::string_view)> log;  ///< one line about what recovery or the background did; may be empty
};

/// The Volume of a store on disk. One process has a store open at a time.
/// Source: engine/DESIGN.md
class LocalVolume final : public Volume {
  public:
    /// Makes an empty store. Errors: exists · not_dir · io
    static Status init(const std::string& directory);
    /// Opens a store and repairs what a crash left. Errors: not_found · format · busy · corrupt · io
    static Result<std::unique_ptr<LocalVolume>> open(const std::string& directory, const StoreOptions& options);
    /// Commits, syncs and closes.
    ~LocalVolume() override;

    // local_volume.cc
    VolumeInfo info() const override;
    Result<SpaceInfo> space() override;
    Result<std::vector<Change>> changes(Sequence since, std::size_t count_max, std::chrono::milliseconds wait) override;
    Sequence sequence() override;
    Status sync() override;

    // local_names.cc
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

    // local_contents.cc
    Result<std::unique_ptr<File>> open(NodeId node, const OpenOptions& options) override;
    Result<std::unique_ptr<StagedContent>> stage() override;
    Result<Attr> put(NodeId dir, std::string_view name, PutRequest request) override;

    // local_metadata.cc
    Result<Document> document(NodeId node) override;
    Status change_document(NodeId node, const std::vector<FieldChange>& changes, SetMode mode,
                           std::optional<std::uint64_t> if_version) override;
    Result<std::string> attribute(NodeId node, std::string_view name) override;
    Result<std::vector<std::string>> list_attributes(NodeId node) override;
    Status set_attribute(NodeId node, std::string_view name, std::string_view bytes, SetMode mode) override;
    Status remove_attribute(NodeId node, std::string_view name) override;

    // local_queries.cc
    Result<std::unique_ptr<ResultStream>> query(const query::Query& query, const QueryOptions& options) override;
    Result<std::uint64_t> count(const query::Query& query, const QueryOptions& options) override;
    Result<std::string> explain(const query::Query& query, const QueryOptions& options) override;
    Result<bool> matches(const query::Query& query, NodeId node) override;

    /// For checking (engine/storage/check.h).
    std::shared_ptr<const kv::Snapshot> snapshot() const { return store_->snapshot(); }
    const storage::FieldCatalog& fields() const { return fields_; }
    const storage::BlobFiles& blobs() const { return *blobs_; }

  private:
    LocalVolume(storage::StoreDirectory directory, const StoreOptions& options);

    Status start();
    Status make_root();
    // local_recovery.cc
    Status recover();
    Status publish_leftover_blobs();
    Status remove_orphans();
    void run_housekeeping(std::stop_token stop);
    void remove_dropped_blobs();
    void commit_growing_files();
    void log(const std::string& line) const;

    Result<Attr> put_new(NodeId dir, std::string_view name, PutRequest& request);
    Result<Attr> put_over(NodeId node, PutRequest& request);
    Result<Attr> set_size(NodeId node, std::uint64_t size);

    storage::StoreDirectory directory_;
    const StoreOptions options_;
    std::unique_ptr<storage::BlobFiles> blobs_;
    std::unique_ptr<kv::Store> store_;
    storage::FieldCatalog fields_;
    std::unique_ptr<storage::Writer> writer_;
    std::unique_ptr<storage::OpenNodes> open_nodes_;
    storage::IsOpen is_open_;

    std::jthread housekeeper_;
};

}  // namespace asterope
