#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/storage/kv/kv.h"

/// A reference implementation of the key-value layer, and folders to try the real one in.
namespace asterope::kv::test {

/// A folder that goes with this object.
class TempDir {
  public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir&) = delete;
    const std::string& path() const { return path_; }
    std::string sub(const std::string& name) const { return path_ + "/" + name; }

  private:
    std::string path_;
};

void copy_folder(const std::string& from, const std::string& to);
std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& bytes);
/// Makes the store in `directory` look as if the power had been cut since.
void forge_power_cut(const std::string& directory);

using Rows = std::map<std::pair<Table, std::string>, std::string>;

struct Step {
    Table table{};
    std::string key;
    bool erased = false;
    std::string value;
};
using Steps = std::vector<Step>;

Batch batch_of(const Steps& steps);
void apply_steps(Rows& rows, const Steps& steps);

/// All states that a store has been in.
class History {
  public:
    void add(const Steps& steps) { steps_.push_back(steps); }
    std::uint64_t last() const { return steps_.size(); }
    /// Forgets what came after `sequence`.
    void cut(std::uint64_t sequence) { steps_.resize(sequence); }
    /// The rows after batch `sequence` (1 is the first).
    Rows at(std::uint64_t sequence) const;

  private:
    std::vector<Steps> steps_;
};

/// Random batches over few enough keys that they meet again.
class Generator {
  public:
    explicit Generator(std::uint64_t seed) : random_(seed) {}
    std::uint64_t below(std::uint64_t n) { return random_() % n; }
    std::string key();
    Steps batch();
    std::mt19937_64& random() { return random_; }

  private:
    std::string bytes(std::size_t size);
    std::mt19937_64 random_;
};

/// The whole content, read forward and backward and by get, which must agree.
Rows rows_of(const Reader& reader);
/// A short text for a failed comparison: the first difference.
std::string difference(const Rows& expected, const Rows& found);

#define ASSERT_ROWS(expected, found) ASSERT_EQ("", ::asterope::kv::test::difference(expected, found))
#define EXPECT_ROWS(expected, found) EXPECT_EQ("", ::asterope::kv::test::difference(expected, found))
#define ASSERT_OK(status)                                                             \
    do {                                                                              \
        const auto& assert_ok_status = (status);                                      \
        ASSERT_TRUE(assert_ok_status.has_value()) << assert_ok_status.error().text(); \
    } while (false)

/// Small buffers and segments; nothing happens by itself.
Options quiet_options();
std::unique_ptr<Store> open_store(const std::string& directory, const Options& options);

}  // namespace asterope::kv::test
