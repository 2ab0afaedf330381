#pragma once

#include <boost/filesystem.hpp>
#include <memory>
#include <stdexcept>
#include <string>

#include "engine/storage/check.h"
#include "engine/storage/local_volume.h"

namespace asterope {

/// A new store in a folder of its own, removed at the end.
class TemporaryStore {
  public:
    explicit TemporaryStore(StoreOptions options = {}) : options_(std::move(options)) {
        const auto pattern = boost::filesystem::temp_directory_path() / "asterope-test-%%%%%%%%";
        folder_ = boost::filesystem::unique_path(pattern).string();
        boost::filesystem::create_directory(folder_);
        if (Status made = LocalVolume::init(path()); !made) throw std::runtime_error(made.error().text());
        open();
    }
    ~TemporaryStore() {
        volume_.reset();
        boost::system::error_code ignored;
        boost::filesystem::remove_all(folder_, ignored);
    }
    TemporaryStore(const TemporaryStore&) = delete;
    TemporaryStore& operator=(const TemporaryStore&) = delete;

    std::string path() const { return folder_ + "/store"; }
    LocalVolume& volume() { return *volume_; }
    void close() { volume_.reset(); }
    void open() { volume_ = open_at(path(), options_); }
    void reopen() {
        close();
        open();
    }
    static std::unique_ptr<LocalVolume> open_at(const std::string& path, const StoreOptions& options = {}) {
        auto opened = LocalVolume::open(path, options);
        if (!opened) throw std::runtime_error(opened.error().text());
        return std::move(*opened);
    }

  private:
    const StoreOptions options_;
    std::string folder_;
    std::unique_ptr<LocalVolume> volume_;
};

/// What `asterope check` would complain about, one line each; empty = sound.
inline std::string problems(LocalVolume& volume) {
    const auto report = check_store(volume);
    if (!report) return report.error().text();
    std::string lines;
    for (const std::string& problem : report->problems) lines += problem + "\n";
    return lines;
}

}  // namespace asterope
