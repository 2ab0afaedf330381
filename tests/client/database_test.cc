#include <array>

#include "tests/client/database_fixture.h"

namespace asterope {
namespace {

std::string pattern(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 2654435761u >> 13);
    return bytes;
}

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

INSTANTIATE_TEST_SUITE_P(Database, DatabaseTest, testing::Values(Way::local, Way::socket), way_name);

TEST_P(DatabaseTest, WhatWasPutIsReadWithItsDocument) {
    const std::string content = pattern(3'000'001);
    const Attr put = db().put("study1/ct-001.dcm", content, {{"PatientID", "12345"}, {"dose", 51.5}}).value();
    EXPECT_EQ(put.size, content.size());
    const auto [read, document] = db().get("study1/ct-001.dcm").value();
    EXPECT_TRUE(read == content);
    EXPECT_EQ(document, (Document{{"PatientID", "12345"}, {"dose", 51.5}}));
    EXPECT_EQ(db().stat("study1/ct-001.dcm").value(), put);
}

TEST_P(DatabaseTest, BytesComeFromAnyRangeOfThem) {
    const std::vector<unsigned char> bytes{1, 2, 3};
    const std::array<std::byte, 2> array{std::byte{7}, std::byte{8}};
    db().put("vector", bytes).value();
    db().put("array", array).value();
    db().put("literal", "with\n").value();
    db().put("empty", {}).value();
    EXPECT_EQ(db().get("vector").value().content, "\1\2\3");
    EXPECT_EQ(db().get("array").value().content, "\7\10");
    EXPECT_EQ(db().get("literal").value().content, "with\n");
    EXPECT_EQ(db().get("empty").value().content, "");
}

TEST_P(DatabaseTest, ReplacingKeepsTheDocumentUnlessOneIsGiven) {
    const Attr first = db().put("f", "one", {{"a", 1}}).value();
    const Attr second = db().put("f", "two").value();
    EXPECT_EQ(second.node, first.node);
    EXPECT_GT(second.version, first.version);
    EXPECT_EQ(fields("f"), "a=1");
    db().put("f", "three", {{"b", 2}}).value();
    EXPECT_EQ(fields("f"), "b=2");
    db().put("f", "four", Document{}).value();
    EXPECT_EQ(fields("f"), "");
}

TEST_P(DatabaseTest, PutOptionsAreConditions) {
    const Attr first = db().put("f", "one", PutOptions{.mode = 0600}).value();
    EXPECT_EQ(first.mode, 0600u);
    EXPECT_EQ(word(db().put("f", "two", PutOptions{.create_only = true})), "exists");
    EXPECT_EQ(word(db().put("f", "two", PutOptions{.if_version = first.version + 1})), "conflict");
    EXPECT_EQ(db().get("f").value().content, "one");
    EXPECT_EQ(word(db().put("f", "two", PutOptions{.if_version = first.version})), "ok");
    EXPECT_EQ(word(db().put("g", "new", PutOptions{.create_only = true, .durability = Durability::sync})),
              "ok");
    EXPECT_EQ(db().get("f").value().content, "two");
}

TEST_P(DatabaseTest, AWriterShowsNothingBeforeItsCommit) {
    const std::string part = pattern(700'000);
    {
        auto writer = db().open_write("big/f", Document{{"Modality", "SEG"}}).value();
        for (int i = 0; i < 3; ++i) writer.write(part).value();
        EXPECT_EQ(writer.size(), 3 * part.size());
        EXPECT_FALSE(db().contains("big/f").value());
        EXPECT_EQ(writer.commit().value().size, 3 * part.size());
        EXPECT_EQ(word(writer.commit()), "bad_handle");
    }
    EXPECT_TRUE(db().get("big/f").value().content == part + part + part);
    EXPECT_EQ(fields("big/f"), "Modality=SEG");
    {
        auto dropped = db().open_write("dropped").value();
        dropped.write(part).value();
    }
    EXPECT_FALSE(db().contains("dropped").value());
}

TEST_P(DatabaseTest, AReaderGoesThroughTheContentAndOnAfterItsRemoval) {
    const std::string content = pattern(2'500'000);
    db().put("f", content).value();
    auto reader = db().open_read("f").value();
    EXPECT_EQ(reader.attr().size, content.size());
    std::vector<std::byte> buffer(1'000'000);
    std::string read;
    EXPECT_EQ(reader.read(buffer).value(), buffer.size());
    read += text_of(buffer);
    db().remove("f").value();
    while (const std::size_t n = reader.read(buffer).value()) read += text_of(std::span(buffer).first(n));
    EXPECT_TRUE(read == content);
    EXPECT_EQ(reader.read_at(2'499'999, buffer).value(), 1u);
    EXPECT_EQ(reader.read_at(2'500'000, buffer).value(), 0u);
    reader.seek(5);
    EXPECT_EQ(reader.read(std::span(buffer).first(3)).value(), 3u);
    EXPECT_EQ(text_of(std::span(buffer).first(3)), content.substr(5, 3));
}

TEST_P(DatabaseTest, ALargeContentOfThisProcessIsMappedAndAnyOtherCopied) {
    db().put("small", "few bytes").value();
    db().put("large", pattern(200'000)).value();
    const auto small = db().map("small").value();
    EXPECT_EQ(text_of(small.bytes()), "few bytes");
    EXPECT_FALSE(small.is_mapped());
    auto large = db().map("large").value();
    EXPECT_TRUE(text_of(large.bytes()) == pattern(200'000));
    EXPECT_EQ(large.is_mapped(), is_local());
    db().remove("large").value();
    auto moved = std::move(large);
    EXPECT_TRUE(text_of(moved.bytes()) == pattern(200'000)) << "what is mapped outlives its name";

    const Attr huge = db().put("huge", "x").value();
    AttrChange larger;
    larger.size = 65u << 20;
    db().volume().setattr(huge.node, larger).value();
    EXPECT_EQ(word(db().map("huge")), is_local() ? "ok" : "unsupported");
}

TEST_P(DatabaseTest, FieldsChangeAloneOrTogether) {
    db().put("f", "x", {{"a", 1}, {"b", 2}}).value();
    db().set_field("f", "c", true).value();
    db().remove_field("f", "a").value();
    EXPECT_EQ(word(db().remove_field("f", "a")), "ok") << "what is gone is gone";
    EXPECT_EQ(fields("f"), "b=2 c=true");
    const Sequence before = db().volume().sequence();
    db().change_fields("f", {{"b", std::nullopt}, {"d", Value("text")}, {"e", Value(Array{1, "x"})}}).value();
    EXPECT_EQ(raw(db().volume().sequence()), raw(before) + 1) << "one transaction";
    EXPECT_EQ(fields("f"), "c=true d=text e=[1,\"x\"]");
    db().patch("f", R"({"c": null, "d": "new", "study": {"date": "2024-01-15"}})").value();
    EXPECT_EQ(fields("f"), "d=new e=[1,\"x\"] study.date=2024-01-15");
    EXPECT_EQ(word(db().patch("f", "{\"c\": ")), "parse");
    db().set_document("f", {{"only", 1}}).value();
    EXPECT_EQ(fields("f"), "only=1");
    EXPECT_EQ(db().get("f").value().content, "x");
}

TEST_P(DatabaseTest, ValuesKeepTheirTypes) {
    const Document document{{"null", Null{}},
                            {"yes", true},
                            {"min", static_cast<long>(INT64_MIN)},
                            {"max", UINT64_MAX},
                            {"tenth", 0.1},
                            {"time", parse_timestamp("2024-01-15T10:00:00.25Z").value()},
                            {"bytes", Binary{std::string("\0\xff", 2)}},
                            {"list", Array{1, "x", false}}};
    db().put("f", "", document).value();
    EXPECT_EQ(db().document("f").value(), document);
}

TEST_P(DatabaseTest, DirectoriesComeWithKeysAndGoWithRemoveAll) {
    db().put("a/b/f", "1").value();
    db().put("a/g", "2").value();
    EXPECT_EQ(word(db().make_directory("a/c/d")), "ok");
    EXPECT_EQ(word(db().make_directory("a/c/d")), "ok");
    EXPECT_EQ(names(), "a");
    EXPECT_EQ(names("a"), "b c g");
    EXPECT_TRUE(db().contains("a/b/f").value());
    EXPECT_TRUE(db().contains("/a//b/f").value()) << "doubled slashes are one";
    EXPECT_FALSE(db().contains("a/x/f").value());
    EXPECT_FALSE(db().contains("a/g/f").value());
    EXPECT_EQ(word(db().remove("a")), "not_empty");
    db().remove_all("a/b").value();
    EXPECT_EQ(names("a"), "c g");
    db().remove("a/c/d").value();
    db().remove_all("").value();
    EXPECT_EQ(names(), "");
}

TEST_P(DatabaseTest, ADeepTreeIsRemoved) {
    std::string key = "d";
    for (int i = 0; i < 1000; ++i) key += "/d";
    db().make_directory(key).value();
    db().put(key + "/f", "x").value();
    db().remove_all("d").value();
    EXPECT_EQ(names(), "");
}

TEST_P(DatabaseTest, RenamingMakesDirectoriesAndKeepsTheNode) {
    const Attr f = db().put("f", "1", {{"a", 1}}).value();
    db().put("g", "2").value();
    db().rename("f", "archive/2024/f").value();
    EXPECT_EQ(db().stat("archive/2024/f").value().node, f.node);
    EXPECT_EQ(word(db().rename("g", "archive/2024/f", RenameMode::no_replace)), "exists");
    db().rename("g", "archive/2024/f", RenameMode::exchange).value();
    EXPECT_EQ(db().get("g").value().content, "1");
    EXPECT_EQ(word(db().rename("gone", "never/made")), "not_found");
    EXPECT_FALSE(db().contains("never").value());
    EXPECT_EQ(word(db().rename("archive", "archive/2024/in")), "invalid");
}

TEST_P(DatabaseTest, EveryKindOfWrongKeyHasItsError) {
    db().put("d/f", "x").value();
    db().volume().create(kRootNode, "link", {.type = NodeType::symlink, .target = "d/f"}).value();
    EXPECT_EQ(word(db().get("missing")), "not_found");
    EXPECT_EQ(word(db().get("d/missing")), "not_found");
    EXPECT_EQ(word(db().get("d")), "is_dir");
    EXPECT_EQ(word(db().get("d/f/g")), "not_dir");
    EXPECT_EQ(word(db().get("link")), "invalid");
    EXPECT_EQ(db().get("link").error().message, "'link' has no content: it is a symlink");
    EXPECT_EQ(word(db().open_read("d")), "is_dir");
    EXPECT_EQ(word(db().map("d")), "is_dir");
    EXPECT_EQ(word(db().put("", "x")), "invalid");
    EXPECT_EQ(word(db().put("d", "x")), "is_dir");
    EXPECT_EQ(word(db().put("d/f/g", "x")), "not_dir");
    EXPECT_EQ(word(db().put("a/../b", "x")), "invalid");
    EXPECT_EQ(word(db().put(std::string_view("a\0b", 3), "x")), "invalid");
    EXPECT_EQ(word(db().put(std::string(256, 'n'), "x")), "name_too_long");
    EXPECT_EQ(word(db().set_field("missing", "a", 1)), "not_found");
    EXPECT_EQ(word(db().list("d/f")), "not_dir");
    EXPECT_EQ(word(db().remove("missing")), "not_found");
    EXPECT_EQ(word(db().remove("")), "invalid");
    EXPECT_EQ(names(), "d link");
}

TEST_P(DatabaseTest, AFeedTellsOfEveryChangeOnceInOrder) {
    using std::chrono::milliseconds;
    db().put("before", "x").value();
    Feed feed = db().watch();
    EXPECT_TRUE(feed.next(milliseconds(0)).value().empty());
    const Attr f = db().put("dir/f", "x", {{"a", 1}}).value();
    db().set_field("dir/f", "a", 2).value();
    db().rename("dir/f", "g").value();
    std::string kinds;
    for (auto changes = feed.next(milliseconds(1000)).value(); !changes.empty();
         changes = feed.next(milliseconds(0)).value()) {
        for (const Change& change : changes) {
            if (change.node != f.node) continue;
            kinds += change.kind == ChangeKind::created    ? "created "
                     : change.kind == ChangeKind::document ? "document "
                     : change.kind == ChangeKind::renamed  ? "renamed to " + change.at.name
                                                           : "? ";
        }
    }
    EXPECT_EQ(kinds, "created document renamed to g");
    EXPECT_EQ(db().key_of(f.node).value(), "g");
    EXPECT_TRUE(db().watch(feed.position()).next(milliseconds(0)).value().empty());
    db().remove("g").value();
    EXPECT_EQ(feed.next(milliseconds(1000)).value().size(), 1u);
    EXPECT_FALSE(db().key_of(f.node));
}

TEST_P(DatabaseTest, WhatADatabaseHandedOutOutlivesIt) {
    db().put("f", "content", {{"a", 1}}).value();
    std::optional<Database> copy(db());
    auto results = copy->query("a = 1");
    auto reader = copy->open_read("f").value();
    copy.reset();
    EXPECT_EQ(results.next().value()->key, "f");
    std::vector<std::byte> buffer(10);
    EXPECT_EQ(reader.read(buffer).value(), 7u);
    EXPECT_EQ(word(db().sync()), "ok");
}

}  // namespace
}  // namespace asterope
