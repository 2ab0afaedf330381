#pragma once

#include <memory>

#include "client/transport.h"
#include "client/wire/messages.h"
#include "engine/core/volume.h"

namespace asterope {

/// A File of a RemoteVolume: every call goes to the other process. Threads: any.
class RemoteFile : public File {
  public:
    RemoteFile(Transport& transport, wire::HandleId handle) : transport_(transport), handle_(handle) {}
    ~RemoteFile() override;
    RemoteFile(const RemoteFile&) = delete;
    RemoteFile& operator=(const RemoteFile&) = delete;

    Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> buffer) override;
    Status write(std::uint64_t offset, std::span<const std::byte> bytes) override;
    Status truncate(std::uint64_t size) override;
    Status allocate(int mode, std::uint64_t offset, std::uint64_t length) override;
    Result<std::uint64_t> seek(std::uint64_t offset, int whence) override;
    Status commit(Durability durability) override;
    Result<Attr> getattr() override;

  private:
    Transport& transport_;
    const wire::HandleId handle_;
};

/// Content staged in the other process. Threads: one at a time.
class RemoteStaged : public StagedContent {
  public:
    RemoteStaged(Transport& transport, wire::HandleId handle) : transport_(transport), handle_(handle) {}
    ~RemoteStaged() override;
    RemoteStaged(const RemoteStaged&) = delete;
    RemoteStaged& operator=(const RemoteStaged&) = delete;

    Status append(std::span<const std::byte> bytes) override;
    std::uint64_t size() const override { return size_; }
    /// The handle, which a put request takes: it is no longer this object's to close.
    wire::HandleId take();

  private:
    Transport& transport_;
    const wire::HandleId handle_;
    std::uint64_t size_ = 0;
    bool taken_ = false;
};

/// Results of a query that runs in the other process. Threads: one at a time.
class RemoteStream : public ResultStream {
  public:
    RemoteStream(Transport& transport, wire::HandleId handle, std::stop_token stop)
        : transport_(transport), handle_(handle), stop_(std::move(stop)) {}
    ~RemoteStream() override;
    RemoteStream(const RemoteStream&) = delete;
    RemoteStream& operator=(const RemoteStream&) = delete;

    Result<std::vector<Hit>> next(std::size_t count_max) override;

  private:
    Transport& transport_;
    const wire::HandleId handle_;
    const std::stop_token stop_;
};

}  // namespace asterope
