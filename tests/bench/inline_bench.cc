// What a small file costs by its size: written through an open file, synced, read back at random after reopening the store.
// To compare contents in the index with blobs, build it with kInlineBytes (engine/storage/content.h) at 65536 and at 1024.

#include <algorithm>
#include <boost/filesystem.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <span>
#include <vector>

#include "tests/storage/temporary_store.h"

namespace {

using namespace asterope;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::vector<NodeId> write_files(Volume& volume, std::size_t count, std::span<const std::byte> bytes) {
    std::vector<NodeId> nodes;
    for (std::size_t i = 0; i < count; ++i) {
        const NewNode what{.document = {{"Modality", "CT"}, {"number", std::to_string(i)}}};
        nodes.push_back(volume.create(kRootNode, "f" + std::to_string(i), what).value().node);
        const auto file = volume.open(nodes.back(), {.mode = OpenMode::write}).value();
        if (!file->write(0, bytes) || !file->commit(Durability::none)) std::abort();
    }
    return nodes;
}

void read_files(Volume& volume, std::vector<NodeId> nodes, std::size_t file_bytes) {
    std::mt19937_64 random(1);
    std::shuffle(nodes.begin(), nodes.end(), random);
    std::vector<std::byte> buffer(file_bytes);
    for (const NodeId node : nodes) {
        const auto file = volume.open(node, {.mode = OpenMode::read}).value();
        if (file->read(0, buffer).value() != file_bytes) std::abort();
    }
}

void measure(std::size_t file_bytes) {
    constexpr std::size_t kTotalBytes = 192u << 20, kCountMax = 20'000;
    const std::size_t count = std::min(kCountMax, kTotalBytes / file_bytes);
    const std::vector<std::byte> bytes(file_bytes, std::byte{'x'});
    TemporaryStore store;
    auto start = Clock::now();
    const auto nodes = write_files(store.volume(), count, bytes);
    const double writing = seconds_since(start);
    start = Clock::now();
    store.close();  // everything durable and in the tree
    const double closing = seconds_since(start);
    store.open();
    start = Clock::now();
    read_files(store.volume(), nodes, file_bytes);
    const double reading = seconds_since(start);
    const auto per_file = [&](double seconds) { return seconds / static_cast<double>(count) * 1e6; };
    const auto index_bytes = static_cast<double>(boost::filesystem::file_size(store.path() + "/index/data.mdb"));
    std::printf("%6zu bytes: create and write %6.1f us, until durable %6.1f us, read %6.1f us, index %6.0f bytes a file\n", file_bytes,
                per_file(writing), per_file(writing + closing), per_file(reading), index_bytes / static_cast<double>(count));
    std::fflush(stdout);
}

}  // namespace

int main() {
    for (const std::size_t kib : {2, 4, 8, 12, 16, 24, 32, 64}) measure(kib << 10);
}
