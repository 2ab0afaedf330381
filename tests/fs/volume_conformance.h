#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/limits.h"
#include "engine/core/volume.h"

/// What every Volume must do, as one GoogleTest suite. A program that has an implementation links asterope-volume-conformance and says
///
///     INSTANTIATE_TEST_SUITE_P(Local, VolumeConformance, testing::Values(VolumeMaker{"fresh", make_local_volume}), maker_name);
namespace asterope {

/// One volume of its own. Destroying it leaves nothing behind.
class VolumeUnderTest {
  public:
    virtual ~VolumeUnderTest() = default;
    virtual Volume& volume() = 0;
    /// The largest file that it takes.
    virtual std::uint64_t file_bytes_max() const { return limits::kFileBytes; }
};

struct VolumeMaker {
    std::string name;
    std::function<std::unique_ptr<VolumeUnderTest>()> make;
};
inline std::string maker_name(const testing::TestParamInfo<VolumeMaker>& info) {
    return info.param.name;
}
inline void PrintTo(const VolumeMaker& maker, std::ostream* out) {
    *out << maker.name;
}

/// Each test has a fresh, empty volume.
class VolumeConformance : public testing::TestWithParam<VolumeMaker> {
  protected:
    void SetUp() override { under_test_ = GetParam().make(); }
    Volume& volume() { return under_test_->volume(); }
    std::uint64_t file_bytes_max() const { return under_test_->file_bytes_max(); }

    NodeId make_dir(NodeId parent, std::string_view name);
    NodeId make_file(NodeId parent, std::string_view name, std::string_view content = {},
                     const Document& document = {});
    std::unique_ptr<File> open(NodeId node, OpenMode mode = OpenMode::read_write, bool truncate = false);
    void write(File& file, std::uint64_t offset, std::string_view bytes);
    std::string read(File& file, std::uint64_t offset, std::size_t size);
    std::string content(NodeId node);
    NodeId node_at(std::string_view path);
    std::unique_ptr<StagedContent> staged(std::string_view bytes);

    /// The names in `dir`, sorted, with spaces between.
    std::string names(NodeId dir);
    /// Every path below the root with its type, and the content of files: "a/ a/f=text l@", sorted.
    std::string tree();
    /// The document as "field=value field=value".
    std::string fields(NodeId node);
    std::vector<Change> changes_since(Sequence since);

  private:
    void add_tree(NodeId dir, const std::string& prefix, std::vector<std::string>& lines);
    std::unique_ptr<VolumeUnderTest> under_test_;
};

/// The word of an operation's outcome: "ok" or the error's name.
template <class T>
std::string outcome(const Result<T>& result) {
    return result ? "ok" : std::string(name_of(result.error().code));
}

}  // namespace asterope
