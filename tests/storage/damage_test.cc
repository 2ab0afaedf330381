#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include "engine/core/path.h"
#include "query/parser.h"
#include "tests/seed.h"
#include "tests/storage/temporary_store.h"

namespace asterope {
namespace {

constexpr std::size_t kPageBytes = 4096;
constexpr int kFiles = 150;

std::string content_of(int i) {
    return std::string(100 + static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
}
std::string name_of_file(int i) {
    return "file-" + std::to_string(1000 + i);
}

/// A closed store with a few hundred pages, and the pages of its index.
class DamagedIndex : public testing::Test {
  protected:
    DamagedIndex() {
        const NodeId dir =
            make_directories(volume(), "study", {.type = NodeType::directory, .mode = 0755}).value().node;
        for (int i = 0; i < kFiles; ++i) {
            PutRequest request{.content = volume().stage().value(),
                               .document = Document{{"number", i}, {"text", std::string(300, 'x')}}};
            const std::string content = content_of(i);
            EXPECT_TRUE(request.content->append(std::as_bytes(std::span(content))));
            EXPECT_TRUE(volume().put(dir, name_of_file(i), std::move(request)));
        }
        store_.close();
        read_index();
    }

    Volume& volume() { return store_.volume(); }
    std::string index() const { return store_.path() + "/index/data.mdb"; }
    std::size_t pages() const { return pristine_.size() / kPageBytes; }
    /// Undoes the damage, and empties the journal of what was changed in spite of it.
    void repair() {
        std::ofstream(index(), std::ios::binary | std::ios::trunc) << pristine_;
        store_.open();
        store_.close();
        read_index();
    }
    /// The page as it was, with `bytes` from `offset` on.
    void set_index(std::size_t page, std::size_t offset, const std::string& bytes) const {
        std::string damaged = pristine_;
        damaged.replace(page * kPageBytes + offset, bytes.size(), bytes);
        std::ofstream(index(), std::ios::binary | std::ios::trunc) << damaged;
    }

    /// Damages the page where `text` is, and outdated copies of it.
    void zero_pages_with(const std::string& text) const {
        std::string damaged = pristine_;
        int count = 0;
        for (std::size_t at = damaged.find(text); at != std::string::npos; at = damaged.find(text), ++count)
            damaged.replace(at / kPageBytes * kPageBytes, kPageBytes, std::string(kPageBytes, '\0'));
        ASSERT_GT(count, 0);
        std::ofstream(index(), std::ios::binary | std::ios::trunc) << damaged;
    }

    TemporaryStore store_;
    std::string pristine_;

  private:
    void read_index() {
        std::ifstream file(index(), std::ios::binary);
        pristine_ = {std::istreambuf_iterator<char>(file), {}};
    }
};

/// Reads the store in every way that there is. Returns how many files were as they should be, and the errors.
struct Reading {
    int good = 0, wrong = 0;
    std::map<std::string, int> errors;

    void note(const Error& error) { ++errors[std::string(name_of(error.code))]; }
};

Reading read_everything(Volume& volume) {
    Reading reading;
    for (int i = 0; i < kFiles; ++i) {
        const auto attr = resolve(volume, "study/" + name_of_file(i));
        const auto document = attr ? volume.document(attr->node) : Result<Document>(Unexpected(attr.error()));
        const auto file =
            attr ? volume.open(attr->node, {}) : Result<std::unique_ptr<File>>(Unexpected(attr.error()));
        std::string content(1000, '\0');
        const auto size = file ? (*file)->read(0, std::as_writable_bytes(std::span(content)))
                               : Result<std::size_t>(Unexpected(file.error()));
        if (!document)
            reading.note(document.error());
        else if (!size)
            reading.note(size.error());
        else
            ++(content.substr(0, *size) == content_of(i) ? reading.good : reading.wrong);
    }
    const auto listed = volume.list(kRootNode, 0, 100);
    if (!listed) reading.note(listed.error());
    for (const char* text : {"number >= 0", "number = 7", "missing(number)",
                             "text like 'x*' order by number desc", "sys.size > 10"}) {
        const auto count = volume.count(query::parse_expression(text).value(), {});
        if (!count) reading.note(count.error());
    }
    return reading;
}

TEST_F(DamagedIndex, AnyPageOfZerosIsAnErrorOfWhatLiesOnItAlone) {
    int opened = 0;
    std::size_t served = 0;
    for (std::size_t page = 2; page < pages(); ++page, repair()) {
        set_index(page, 0, std::string(kPageBytes, '\0'));
        const auto volume = LocalVolume::open(store_.path(), {});
        if (!volume) {
            EXPECT_EQ(volume.error().code, Errc::corrupt) << volume.error().text();
            continue;
        }
        ++opened;
        const Reading reading = read_everything(**volume);
        EXPECT_EQ(reading.wrong, 0) << "page " << page;
        for (const auto& [error, count] : reading.errors) EXPECT_EQ(error, "corrupt") << "page " << page;
        served += static_cast<std::size_t>(reading.good);
        const std::string found = problems(**volume);
        EXPECT_TRUE(reading.errors.empty() || !found.empty()) << "page " << page;
    }
    EXPECT_GT(opened, static_cast<int>(pages()) / 2);
    EXPECT_GT(served, static_cast<std::size_t>(opened) * kFiles * 8 / 10) << "most files are on other pages";
}

/// Runs `work` in a process that ends without closing anything. Returns how it ended; 0 = by itself.
template <class Work>
int outcome_in_child(Work&& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        work();
        ::_exit(0);
    }
    int status = -1;
    return ::waitpid(child, &status, 0) == child ? status : -1;
}

TEST_F(DamagedIndex, AnyBytesInAPageAreSurvivedByReading) {
    std::mt19937_64 random(seed_of_test());
    for (std::size_t page = 2; page < pages(); ++page, repair()) {
        const std::size_t offset = random() % 2 == 0 ? 0 : random() % kPageBytes;
        std::string bytes(std::min(kPageBytes - offset, std::size_t{1} << random() % 13), '\0');
        for (char& byte : bytes) byte = static_cast<char>(random());
        set_index(page, offset, bytes);
        EXPECT_EQ(outcome_in_child([&] {
                      const auto volume = LocalVolume::open(store_.path(), {});
                      if (!volume) return;
                      read_everything(**volume);
                      problems(**volume);
                      ::_exit(0);
                  }),
                  0)
            << "page " << page << " from byte " << offset;
    }
}

TEST_F(DamagedIndex, CheckNamesTheFilesAndTheRestGoesOn) {
    zero_pages_with(content_of(76));
    store_.open();
    const auto error = [&](int i) {
        const auto attr = resolve(volume(), "study/" + name_of_file(i)).value();
        const auto file = volume().open(attr.node, {});
        if (!file) return file.error().to_errno();
        std::string content(1000, '\0');
        const auto size = (*file)->read(0, std::as_writable_bytes(std::span(content)));
        return size ? 0 : size.error().to_errno();
    };
    EXPECT_EQ(error(76), EIO);
    EXPECT_EQ(error(0), 0);
    EXPECT_EQ(error(kFiles - 1), 0);
    EXPECT_EQ(volume().count(query::parse_expression("number = 76").value(), {}).value(), 1u);
    EXPECT_TRUE(volume().create(kRootNode, "new", {.document = {{"number", 1000}}}));
    EXPECT_EQ(volume().count(query::parse_expression("number >= 0").value(), {}).value(), kFiles + 1u);
    EXPECT_NE(problems(store_.volume()).find("'study/" + name_of_file(76) + "'"), std::string::npos)
        << problems(store_.volume());
}

TEST_F(DamagedIndex, ThousandsOfReadsOfADamagedPageLeaveTheOthersReadable) {
    zero_pages_with(content_of(76));
    store_.open();
    const NodeId damaged = resolve(volume(), "study/" + name_of_file(76)).value().node;
    const NodeId whole = resolve(volume(), "study/" + name_of_file(0)).value().node;
    for (int i = 0; i < 5000; ++i) {
        const auto file = volume().open(damaged, {});
        std::string content(1000, '\0');
        ASSERT_FALSE(file && (*file)->read(0, std::as_writable_bytes(std::span(content))));
        ASSERT_TRUE(volume().getattr(whole)) << i;
    }
}

}  // namespace
}  // namespace asterope
