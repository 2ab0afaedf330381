#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "fs/mount.h"
#include "tests/fs/model_volume.h"

namespace asterope::fs {

/// Why this machine or process cannot mount; empty when it can. The test program runs in a mount namespace of its own, so that
/// no mount outlives it, whatever happens.
std::string why_no_mount();

/// A model volume that the kernel has mounted at path("").
class MountTest : public testing::Test {
  protected:
    void SetUp() override;
    void TearDown() override;

    void start(MountOptions options = {});
    virtual Volume& mounted_volume() { return *volume; }
    /// Unmounts and waits for the end; the outcome of run().
    Status stop();
    std::string path(std::string_view below) const { return directory_ + "/" + std::string(below); }

    /// The exit status of a shell command; its output goes to the test's log.
    static int shell(const std::string& command);
    /// Runs `child` in a process of its own with `uid` and reports its result (0 to 255).
    template <class Child>
    static int in_child(unsigned uid, Child child);

    std::unique_ptr<ModelVolume> volume = std::make_unique<ModelVolume>();
    std::unique_ptr<Mount> mount_;
    std::string directory_;

  private:
    std::thread loop_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ready_ = false, ended_ = false;
    std::optional<Status> result_;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view bytes);
std::string names_in(const std::string& path);

}  // namespace asterope::fs
