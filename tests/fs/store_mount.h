#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "engine/core/descriptor.h"
#include "fs/mount.h"
#include "tests/storage/temporary_store.h"

namespace asterope::fs {

/// A store on disk that the kernel has mounted at path(""), with and without passthrough.
/// Where the kernel has none, the tests with it are skipped.
class StoreMountTest : public testing::TestWithParam<bool> {
  protected:
    void SetUp() override;
    void TearDown() override;
    bool passes_through() const { return GetParam(); }

    void mount();
    void unmount();
    /// Unmounts, closes the store, opens and mounts it again.
    void remount();
    /// Until the kernel knows what others have changed.
    void settle() { mount_->settle(); }
    std::string path(std::string_view below) const { return directory_ + "/" + std::string(below); }
    /// How often the kernel has asked for READ or WRITE.
    std::uint64_t transfers() const;
    /// Of a file that is mounted. Units: bytes
    std::uint64_t size_of(std::string_view name) const;

    TemporaryStore store;

  private:
    std::string directory_;
    std::unique_ptr<Mount> mount_;
    std::thread loop_;
};

/// open(2), or the end of the test.
Descriptor opened(const std::string& path, int flags);
void put_bytes(const Descriptor& file, std::uint64_t offset, std::string_view bytes);
/// Up to `size` bytes.
std::string get_bytes(const Descriptor& file, std::uint64_t offset, std::size_t size);
/// `size` bytes of no obvious order that `seed` chooses.
std::string some_bytes(std::size_t size, unsigned seed);

}  // namespace asterope::fs
