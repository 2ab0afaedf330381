#include "client/remote_volume.h"

#include <gtest/gtest.h>

#include <thread>

#include "query/parser.h"
#include "tests/client/remote_fixture.h"
#include "tests/fs/volume_conformance.h"

namespace asterope {
namespace {

std::unique_ptr<StagedContent> staged(Volume& volume, std::string_view bytes) {
    auto content = volume.stage().value();
    EXPECT_EQ(outcome(content->append(std::as_bytes(std::span(bytes)))), "ok");
    return content;
}

TEST(RemoteVolume, ContentsLargerThanOneMessageArriveWhole) {
    ServedModel served;
    const auto remote = served.connect();
    std::string bytes(5'000'003, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 2654435761u >> 13);
    const Attr attr = remote->put(kRootNode, "f", {.content = staged(*remote, bytes)}).value();
    EXPECT_EQ(attr.size, bytes.size());
    const auto file = remote->open(attr.node, {.mode = OpenMode::read_write}).value();
    std::string back(bytes.size() + 10, '\0');
    EXPECT_EQ(file->read(0, std::as_writable_bytes(std::span(back))).value(), bytes.size());
    back.resize(bytes.size());
    EXPECT_TRUE(back == bytes);
    EXPECT_EQ(outcome(file->write(3, std::as_bytes(std::span(bytes)))), "ok");
    EXPECT_EQ(file->getattr()->size, bytes.size() + 3);
}

TEST(RemoteVolume, DocumentsOfEveryResultArriveHoweverLarge) {
    ServedModel served;
    const auto remote = served.connect();
    for (int i = 0; i < 20; ++i) {
        const std::string name = "f" + std::to_string(100 + i);
        ASSERT_TRUE(served.model.create(kRootNode, name, {.document = {{"text", std::string(700'000, 'x')}}}));
    }
    const auto stream = remote->query(query::Query{}, {.with_documents = true}).value();
    std::vector<std::string> keys;
    for (;;) {
        const auto hits = stream->next(1000);
        ASSERT_EQ(outcome(hits), "ok");
        if (hits->empty()) break;
        for (const Hit& hit : *hits) {
            keys.push_back(hit.key);
            EXPECT_EQ(hit.document->find("text")->get_if<std::string>()->size(), 700'000u);
        }
    }
    EXPECT_EQ(keys.size(), 20u);
    EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
}

TEST(RemoteVolume, ARequestThatIsTooLargeIsRefusedAndTheNextOneWorks) {
    ServedModel served;
    const auto remote = served.connect();
    const Attr attr = remote->create(kRootNode, "f", {}).value();
    const std::string huge(30u << 20, 'x');
    EXPECT_EQ(outcome(remote->change_document(attr.node, {{"a", Value(huge)}}, SetMode::any, std::nullopt)), "limit");
    EXPECT_EQ(outcome(remote->change_document(attr.node, {{"a", Value(1)}}, SetMode::any, std::nullopt)), "ok");
}

TEST(RemoteVolume, WaitingForChangesHoldsUpNothing) {
    ServedModel served;
    const auto remote = served.connect();
    const Sequence start = remote->sequence();
    std::vector<std::thread> waiting;
    for (int i = 0; i < 6; ++i) {
        waiting.emplace_back(
            [&] { EXPECT_EQ(remote->changes(start, 10, std::chrono::minutes(5)).value().size(), 1u); });
    }
    EXPECT_TRUE(remote->getattr(kRootNode));
    EXPECT_TRUE(remote->create(kRootNode, "f", {.type = NodeType::directory}));
    for (auto& thread : waiting) thread.join();
}

TEST(RemoteVolume, ManyThreadsShareOneSession) {
    ServedModel served;
    const auto remote = served.connect();
    const Attr attr = remote->create(kRootNode, "f", {}).value();
    const auto file = remote->open(attr.node, {.mode = OpenMode::read_write}).value();
    std::vector<std::thread> threads;
    for (int t = 0; t < 20; ++t) {
        threads.emplace_back([&, t] {
            const std::string mine(1000, static_cast<char>('a' + t));
            const auto offset = static_cast<std::uint64_t>(t) * 1000;
            EXPECT_EQ(outcome(file->write(offset, std::as_bytes(std::span(mine)))), "ok");
            std::string back(1000, '\0');
            EXPECT_EQ(file->read(offset, std::as_writable_bytes(std::span(back))).value(), 1000u);
            EXPECT_EQ(back, mine);
        });
    }
    for (auto& thread : threads) thread.join();
}

TEST(RemoteVolume, AStoppedQueryIsInterruptedAndTheVolumeGoesOn) {
    ServedModel served;
    const auto remote = served.connect();
    ASSERT_TRUE(remote->create(kRootNode, "f", {}));
    std::stop_source stop;
    const auto stream = remote->query(query::Query{}, {.stop = stop.get_token()}).value();
    stop.request_stop();
    EXPECT_EQ(outcome(stream->next(1)), "interrupted");
    EXPECT_EQ(outcome(remote->count(query::Query{}, {.stop = stop.get_token()})), "interrupted");
    EXPECT_EQ(remote->count(query::Query{}, {}).value(), 1u);
}

TEST(RemoteVolume, EveryCallSaysSoWhenTheOtherProcessIsGone) {
    ServedModel served;
    const auto remote = served.connect();
    const Attr attr = remote->create(kRootNode, "f", {}).value();
    const auto file = remote->open(attr.node, {}).value();
    served.server->stop();
    EXPECT_EQ(outcome(remote->getattr(kRootNode)), "unavailable");
    EXPECT_EQ(outcome(remote->getattr(kRootNode)), "not_found");
    EXPECT_EQ(outcome(file->getattr()), "not_found");
    EXPECT_EQ(outcome(remote->changes(Sequence{}, 1, std::chrono::minutes(5))), "not_found");
}

TEST(RemoteVolume, ASessionDoesNotOutliveItsProcess) {
    ServedModel served;
    const auto remote = served.connect();
    served.server->stop();
    daemon::VolumeService other(served.model, served.transactions);
    const auto server = daemon::SocketServer::start(other, served.socket_path(), ::getuid()).value();
    EXPECT_EQ(outcome(remote->getattr(kRootNode)), "unavailable");
    EXPECT_EQ(outcome(remote->getattr(kRootNode)), "unavailable");
    EXPECT_TRUE(served.connect()->getattr(kRootNode));
}

TEST(RemoteVolume, FilesAreClosedWithTheConnection) {
    ServedModel served;
    auto remote = served.connect();
    const Attr attr = remote->create(kRootNode, "f", {}).value();
    auto file = remote->open(attr.node, {}).value();
    EXPECT_EQ(served.model.open_count(), 1u);
    file.reset();
    EXPECT_EQ(served.model.open_count(), 0u);
    auto transport = connect_socket(served.socket_path()).value();
    const std::string request = wire::encode_request(wire::OpenFile{attr.node, {}});
    ASSERT_TRUE(transport->call(request, Pace::quick, {}));
    EXPECT_EQ(served.model.open_count(), 1u);
    transport.reset();
    served.server->stop();
    EXPECT_EQ(served.model.open_count(), 0u);
}

TEST(RemoteVolume, AdminCallsAreFoundByName) {
    ServedModel served({{"echo", [](std::string_view text, const std::stop_token&) { return Result<std::string>(std::string(text)); }}});
    const auto remote = served.connect();
    EXPECT_EQ(remote->admin("echo", "{\"a\":1}").value(), "{\"a\":1}");
    EXPECT_EQ(outcome(remote->admin("other")), "unsupported");
}

}  // namespace
}  // namespace asterope
