#include "tests/kv/support.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace asterope::kv::test {
namespace files = std::filesystem;

TempDir::TempDir() {
    std::string name = (files::temp_directory_path() / "asterope-kv-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
}

TempDir::~TempDir() {
    std::error_code error;
    files::remove_all(path_, error);
    EXPECT_FALSE(error) << error.message();
}

void copy_folder(const std::string& from, const std::string& to) {
    files::copy(from, to, files::copy_options::recursive | files::copy_options::overwrite_existing);
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const std::string& path, const std::string& bytes) {
    std::ofstream out(path, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    ASSERT_TRUE(out.good());
}

void forge_power_cut(const std::string& directory) {
    write_file(directory + "/journal/boot", "another boot");
}

Batch batch_of(const Steps& steps) {
    Batch batch;
    for (const Step& step : steps) {
        if (step.erased) {
            batch.erase(step.table, step.key);
        } else {
            batch.put(step.table, step.key, step.value);
        }
    }
    return batch;
}

void apply_steps(Rows& rows, const Steps& steps) {
    for (const Step& step : steps) {
        if (step.erased) {
            rows.erase({step.table, step.key});
        } else {
            rows[{step.table, step.key}] = step.value;
        }
    }
}

Rows History::at(std::uint64_t sequence) const {
    Rows rows;
    for (std::uint64_t i = 0; i < sequence; ++i) apply_steps(rows, steps_[i]);
    return rows;
}

std::string Generator::bytes(std::size_t size) {
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random_());
    return text;
}

std::string Generator::key() {
    constexpr std::string_view kLetters("\0ab\xff", 4);
    std::string key(1 + below(4), '\0');
    for (char& c : key) c = kLetters[below(kLetters.size())];
    if (below(50) == 0) key.resize(kKeyBytesMax, 'z');
    return key;
}

Steps Generator::batch() {
    Steps steps(1 + below(8));
    for (Step& step : steps) {
        step.table = static_cast<Table>(below(4) == 0 ? below(kTableCount) : 1 + below(2));
        step.key = key();
        step.erased = below(3) == 0;
        if (!step.erased) step.value = bytes(below(30) == 0 ? 5000 + below(3000) : below(60));
    }
    return steps;
}

Rows rows_of(const Reader& reader) {
    Rows rows;
    Rows backward;
    for (int i = 0; i < kTableCount; ++i) {
        const auto table = static_cast<Table>(i);
        const auto cursor = reader.cursor(table);
        std::string previous;
        for (cursor->seek({}); cursor->valid(); cursor->next()) {
            EXPECT_LT(previous, cursor->key());
            previous = cursor->key();
            rows[{table, previous}] = cursor->value();
            const auto got = reader.get(table, previous);
            EXPECT_TRUE(got && *got && **got == cursor->value());
        }
        for (cursor->seek_last(); cursor->valid(); cursor->prev())
            backward[{table, std::string(cursor->key())}] = cursor->value();
        EXPECT_TRUE(cursor->status().has_value());
    }
    EXPECT_EQ("", difference(rows, backward));
    return rows;
}

std::string difference(const Rows& expected, const Rows& found) {
    const auto describe = [](const char* what, const Rows::value_type& row) {
        return std::string(what) + " row of table " + std::to_string(static_cast<int>(row.first.first)) +
               ": " + testing::PrintToString(row.first.second);
    };
    for (const auto& row : expected) {
        const auto at = found.find(row.first);
        if (at == found.end()) return describe("missing", row);
        if (at->second != row.second) return describe("different", row);
    }
    for (const auto& row : found) {
        if (!expected.contains(row.first)) return describe("unexpected", row);
    }
    return "";
}

Options quiet_options() {
    Options options;
    options.map_bytes = std::uint64_t{1} << 30;
    options.buffer_bytes = 16u << 20;
    options.buffer_age_ms = 3600'000;
    options.part_pages = 2;  // every flush is many transactions
    options.flush_interval_ms = 0;
    options.segment_bytes = 64u << 10;
    return options;
}

std::unique_ptr<Store> open_store(const std::string& directory, const Options& options) {
    auto store = Store::open(directory, options, true);
    if (!store) {
        ADD_FAILURE() << store.error().text();
        std::abort();
    }
    return std::move(*store);
}

}  // namespace asterope::kv::test
