#include <stdexcept>

#include "query/parser.h"
#include "tests/fs/volume_conformance.h"

namespace asterope {
namespace {

query::Query parsed(std::string_view text) {
    auto query = query::parse_expression(text);
    if (!query) throw std::runtime_error(query.error().text());
    return std::move(*query);
}

/// The keys of the results in their order, read in batches of `step`.
std::string results(Volume& volume, std::string_view text, std::size_t step = 100) {
    auto stream = volume.query(parsed(text), {});
    if (!stream) return "[" + outcome(stream) + "]";
    std::string keys;
    for (;;) {
        const auto hits = (*stream)->next(step);
        if (!hits) return keys + "[" + outcome(hits) + "]";
        if (hits->empty()) return keys;
        EXPECT_LE(hits->size(), step);
        for (const auto& hit : *hits) keys += (keys.empty() ? "" : " ") + hit.key;
    }
}

}  // namespace

TEST_P(VolumeConformance, QueriesFindFilesByTheirFields) {
    const NodeId dir = make_dir(kRootNode, "d");
    make_file(dir, "ct", "", {{"Modality", "CT"}, {"dose", 60}});
    make_file(dir, "mr", "", {{"Modality", "MR"}, {"dose", "7.5"}});
    make_file(kRootNode, "plain");
    ASSERT_EQ(outcome(volume().change_document(dir, {{"Modality", Value("CT")}})), "ok");
    EXPECT_EQ(results(volume(), "Modality = CT"), "d/ct") << "directories are never results";
    EXPECT_EQ(results(volume(), "dose > 7"), "d/ct d/mr") << "text that is a number is a number too";
    EXPECT_EQ(results(volume(), "Modality = CT or missing(Modality)"), "d/ct plain");
    EXPECT_EQ(results(volume(), "Modality = 'NM'"), "");
    EXPECT_EQ(results(volume(), "never_used = 1"), "");
    EXPECT_EQ(results(volume(), ""), "d/ct d/mr plain") << "the empty query is every file";
}

TEST_P(VolumeConformance, ResultsFollowEveryChange) {
    const NodeId file = make_file(kRootNode, "f", "", {{"a", 1}});
    EXPECT_EQ(results(volume(), "a = 1"), "f");
    ASSERT_EQ(outcome(volume().change_document(file, {{"a", Value(2)}})), "ok");
    EXPECT_EQ(results(volume(), "a = 1"), "");
    EXPECT_EQ(results(volume(), "a = 2"), "f");
    ASSERT_EQ(
        outcome(volume().rename({kRootNode, "f"}, {make_dir(kRootNode, "d"), "g"}, RenameMode::replace)),
        "ok");
    EXPECT_EQ(results(volume(), "a = 2"), "d/g");
    ASSERT_EQ(outcome(volume().rename({kRootNode, "d"}, {kRootNode, "e"}, RenameMode::replace)), "ok");
    EXPECT_EQ(results(volume(), "a = 2"), "e/g") << "the key is the path as it is now";
    ASSERT_EQ(outcome(volume().change_document(file, {{"a", std::nullopt}})), "ok");
    EXPECT_EQ(results(volume(), "exists(a)"), "");
    ASSERT_EQ(outcome(volume().change_document(file, {{"a", Value(3)}})), "ok");
    ASSERT_EQ(outcome(volume().unlink(node_at("e"), "g")), "ok");
    EXPECT_EQ(results(volume(), "exists(a)"), "");
}

TEST_P(VolumeConformance, AFileWithTwoNamesIsOneResult) {
    const NodeId file = make_file(kRootNode, "one", "", {{"a", 1}});
    ASSERT_EQ(outcome(volume().link(file, kRootNode, "two")), "ok");
    EXPECT_EQ(results(volume(), "a = 1"), "one");
    ASSERT_EQ(outcome(volume().unlink(kRootNode, "one")), "ok");
    EXPECT_EQ(results(volume(), "a = 1"), "two");
}

TEST_P(VolumeConformance, OrderLimitAndOffsetAreKept) {
    for (int i = 0; i < 30; ++i)
        make_file(kRootNode, "f" + std::to_string(100 + i), "", {{"n", (i * 7) % 30}});
    EXPECT_EQ(results(volume(), "n < 3 order by n"), "f100 f113 f126");
    EXPECT_EQ(results(volume(), "order by n desc limit 2", 1), "f117 f104");
    EXPECT_EQ(results(volume(), "n >= 0 order by n limit 2 offset 1"), "f113 f126");
    EXPECT_EQ(*volume().count(parsed("n < 3"), {}), 3u);
    EXPECT_EQ(*volume().count(parsed("n < 3 limit 2"), {}), 2u);
}

TEST_P(VolumeConformance, ValuesOfANewKindFindTheirPlaceInTheOrder) {
    make_file(kRootNode, "old", "", {{"v", "2023-01-01"}});
    make_file(kRootNode, "new", "", {{"v", "2024-01-01"}});
    make_file(kRootNode, "none");
    EXPECT_EQ(results(volume(), "order by v desc limit 9"), "new old none");
    EXPECT_EQ(results(volume(), "missing(v)"), "none");
    const NodeId text = make_file(kRootNode, "text", "", {{"v", "a text"}});
    make_file(kRootNode, "number", "", {{"v", 7}});
    EXPECT_EQ(results(volume(), "order by v desc limit 9"), "text new old number none");
    EXPECT_EQ(results(volume(), "order by v limit 9"), "none number old new text");
    EXPECT_EQ(results(volume(), "exists(v)"), "new number old text");
    ASSERT_EQ(outcome(volume().change_document(text, {{"v", Value(true)}})), "ok");
    EXPECT_EQ(results(volume(), "order by v desc limit 9"), "new old number text none");
}

TEST_P(VolumeConformance, AStreamShowsOneStateHoweverLongItIsRead) {
    for (int i = 0; i < 50; ++i) make_file(kRootNode, "f" + std::to_string(100 + i), "", {{"a", 1}});
    auto stream = volume().query(parsed("a = 1"), {.with_documents = true});
    ASSERT_EQ(outcome(stream), "ok");
    std::size_t seen = 0;
    for (;;) {
        const auto hits = (*stream)->next(7);
        ASSERT_EQ(outcome(hits), "ok");
        if (hits->empty()) break;
        for (const auto& hit : *hits) {
            ++seen;
            ASSERT_TRUE(hit.document);
            EXPECT_EQ(*hit.document, (Document{{"a", 1}})) << hit.key;
        }
        for (int i = 0; i < 50; ++i) {
            ASSERT_EQ(outcome(volume().change_document(node_at("f" + std::to_string(100 + i)),
                                                       {{"a", Value(static_cast<int>(seen))}})),
                      "ok");
        }
        make_file(kRootNode, "g" + std::to_string(seen), "", {{"a", 1}});
    }
    EXPECT_EQ(seen, 50u);
}

TEST_P(VolumeConformance, MatchesAgreesWithTheResults) {
    const NodeId yes = make_file(kRootNode, "yes", "", {{"a", 1}});
    const NodeId no = make_file(kRootNode, "no", "", {{"a", 2}});
    EXPECT_TRUE(volume().matches(parsed("a = 1"), yes).value_or(false));
    EXPECT_FALSE(volume().matches(parsed("a = 1"), no).value_or(true));
    EXPECT_FALSE(volume().matches(parsed("a > 0 order by a desc limit 1"), yes).value_or(true))
        << "the limit counts";
    EXPECT_TRUE(volume().matches(parsed("a > 0 order by a desc limit 1"), no).value_or(false));
}

TEST_P(VolumeConformance, BuiltInFieldsAreThoseOfTheFile) {
    const NodeId dir = make_dir(kRootNode, "d");
    const NodeId file = make_file(dir, "f.dcm", "12345");
    AttrChange change;
    change.uid = 7;
    change.mtime = Timestamp{1705276800, 0};  // 2024-01-15
    ASSERT_EQ(outcome(volume().setattr(file, change)), "ok");
    make_file(kRootNode, "other");
    EXPECT_EQ(results(volume(), "sys.key = 'd/f.dcm'"), "d/f.dcm");
    EXPECT_EQ(results(volume(), "sys.name like '*.dcm'"), "d/f.dcm");
    EXPECT_EQ(results(volume(), "sys.size = 5"), "d/f.dcm");
    EXPECT_EQ(results(volume(), "sys.mtime = 2024-01-15"), "d/f.dcm");
    EXPECT_EQ(results(volume(), "sys.uid = 7 and sys.type = file"), "d/f.dcm");
}

TEST_P(VolumeConformance, AStoppedQueryIsInterrupted) {
    for (int i = 0; i < 10; ++i) make_file(kRootNode, "f" + std::to_string(i), "", {{"a", 1}});
    std::stop_source stop;
    stop.request_stop();
    auto stream = volume().query(parsed("a = 1 order by b"), {.stop = stop.get_token()});
    const std::string got = stream ? outcome((*stream)->next(10)) : outcome(stream);
    EXPECT_EQ(got, "interrupted");
}

TEST_P(VolumeConformance, ExplainNamesAPlan) {
    make_file(kRootNode, "f", "", {{"a", 1}});
    const auto plan = volume().explain(parsed("a = 1"), {});
    ASSERT_EQ(outcome(plan), "ok");
    EXPECT_FALSE(plan->empty());
}

}  // namespace asterope
