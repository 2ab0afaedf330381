#include "engine/storage/repair.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "engine/core/path.h"
#include "engine/serialization/msgpack.h"
#include "tests/seed.h"
#include "tests/storage/temporary_store.h"
#include "tests/storage/volume_text.h"

namespace asterope {
namespace {

using kv::Batch;
using kv::Table;
using storage::View;

/// A closed store with
///     d/            a directory
///     d/small       "few bytes", number = 1
///     d/large       a blob, number = 2, text = "two"
///     d/other       another name of "large"
///     top           "at the top", number = 3
class Repair : public testing::Test {
  protected:
    Repair() {
        dir_ = make_directories(volume(), "d", {.type = NodeType::directory, .mode = 0755}).value().node;
        put(volume(), "top", "at the top", {{"number", 3}});
        top_ = node("top");
        put(volume(), "small", "few bytes", {{"number", 1}});
        put(volume(), "large", large('l'), {{"number", 2}, {"text", "two"}});
        EXPECT_TRUE(volume().rename({kRootNode, "small"}, {dir_, "small"}, RenameMode::replace));
        EXPECT_TRUE(volume().rename({kRootNode, "large"}, {dir_, "large"}, RenameMode::replace));
        small_ = node("d/small");
        large_ = node("d/large");
        EXPECT_TRUE(volume().link(large_, dir_, "other"));
        before_ = tree();
        store_.close();
    }

    Volume& volume() { return store_.volume(); }
    NodeId node(std::string_view key) { return resolve(volume(), key).value().node; }

    /// Everything that there is, a line each: key, content, document.
    std::string tree() {
        std::string lines;
        add_tree(kRootNode, "", lines);
        return lines;
    }
    void add_tree(NodeId dir, const std::string& prefix, std::string& lines) {
        auto entries = volume().list(dir, 0, 1000).value();
        std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
        for (const DirEntry& entry : entries) {
            const std::string key = prefix + entry.name;
            lines += key + " " + name_of(entry.type);
            if (entry.type == NodeType::file) lines += " " + content(entry.node);
            const Document document = volume().document(entry.node).value();
            for (const auto& [name, value] : document) lines += " " + name + "=" + to_xattr_bytes(value);
            lines += "\n";
            if (entry.type == NodeType::directory) add_tree(entry.node, key + "/", lines);
        }
    }
    std::string content(NodeId node) {
        const auto file = volume().open(node, {});
        if (!file) return outcome(file);
        std::string bytes(200'000, '\0');
        const auto size = (*file)->read(0, std::as_writable_bytes(std::span(bytes)));
        return size ? (*size > 100 ? std::to_string(*size) + " bytes" : bytes.substr(0, *size)) : outcome(size);
    }

    void damage(const std::function<void(const View&, Batch&)>& change) {
        const auto rows = kv::Store::open(store_.path(), {}, false).value();
        Batch batch;
        {
            const auto state = rows->snapshot();
            change(View(*state), batch);
        }
        ASSERT_TRUE(rows->commit(std::move(batch)));
    }
    void change_record(NodeId node, const std::function<void(storage::NodeRecord&)>& change) {
        damage([&](const View& view, Batch& batch) {
            auto record = view.node(node).value();
            change(record);
            batch.put(Table::nodes, storage::node_key(node), encode(record));
        });
    }
    void erase(Table table, const std::string& key) {
        damage([&](const View& view, Batch& batch) {
            ASSERT_TRUE(view.reader().get(table, key).value()) << "there is something to erase";
            batch.erase(table, key);
        });
    }
    void put_row(Table table, const std::string& key, const std::string& value) {
        damage([&](const View&, Batch& batch) { batch.put(table, key, value); });
    }
    storage::Dentry dentry(NodeId parent, const std::string& name) {
        storage::Dentry found;
        damage([&](const View& view, Batch& batch) {
            found = view.dentry(parent, name).value();
            batch.erase(Table::meta, "nothing");
        });
        return found;
    }

    /// What the repair did, and the store is sound and open afterwards.
    std::string repaired() {
        const auto report = repair_store(store_.path());
        if (!report) {
            ADD_FAILURE() << report.error().text();
            return report.error().text();
        }
        std::string lines;
        for (const std::string& line : report->mended) lines += line + "\n";
        std::string left;
        for (const std::string& line : report->problems) left += line + "\n";
        store_.open();
        EXPECT_EQ(problems(store_.volume()), left) << "check tells what the repair has left";
        return lines + left;
    }
    /// The repair tells of one thing, in which `text` is, and everything is as it was.
    void expect_undone(const std::string& text) {
        const std::string lines = repaired();
        EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1) << lines;
        EXPECT_NE(lines.find(text), std::string::npos) << lines;
        EXPECT_EQ(tree(), before_);
    }

    TemporaryStore store_;
    NodeId dir_{}, top_{}, small_{}, large_{};
    std::string before_;
};

TEST_F(Repair, ChangesNothingOfASoundStore) {
    EXPECT_EQ(repaired(), "");
    EXPECT_EQ(tree(), before_);
}

TEST_F(Repair, IsRefusedWhileTheStoreIsOpen) {
    store_.open();
    EXPECT_EQ(repair_store(store_.path()).error().code, Errc::busy);
}

TEST_F(Repair, ListingsAreMadeFromNames) {
    const auto at = dentry(dir_, "small");
    erase(Table::entries, storage::entry_key(dir_, at.cookie));
    expect_undone("'d/small' is not in the directory's listing");
}

TEST_F(Repair, AListingOfWhatIsNotThereIsRemoved) {
    put_row(Table::entries, storage::entry_key(dir_, 77'000), storage::encode_entry({small_, NodeType::file, 77'000}, "ghost"));
    expect_undone("has what is not there: removed");
}

TEST_F(Repair, TwoNamesWithTheSamePlaceInAListingAreBothListed) {
    const auto small = dentry(dir_, "small"), other = dentry(dir_, "other");
    damage([&](const View&, Batch& batch) {
        batch.put(Table::names, storage::name_key(dir_, "other"), encode(storage::Dentry{other.node, other.type, small.cookie}));
        batch.erase(Table::entries, storage::entry_key(dir_, other.cookie));
    });
    expect_undone("'d/other' is not in the directory's listing");
}

TEST_F(Repair, ANameThatLeadsNowhereIsRemoved) {
    put_row(Table::names, storage::name_key(dir_, "ghost"), encode(storage::Dentry{NodeId{999'999}, NodeType::file, 77'000}));
    expect_undone("'d/ghost' leads to node 999999, which does not exist: removed");
}

TEST_F(Repair, ANameOfTheWrongTypeIsCorrected) {
    auto at = dentry(dir_, "small");
    at.type = NodeType::fifo;
    put_row(Table::names, storage::name_key(dir_, "small"), encode(at));
    const std::string lines = repaired();
    EXPECT_NE(lines.find("'d/small': its type is not that of its node"), std::string::npos) << lines;
    EXPECT_EQ(tree(), before_);
}

TEST_F(Repair, AFileThatHasLostItsNameGetsItBack) {
    damage([&](const View& view, Batch& batch) {
        const auto at = view.dentry(dir_, "small").value();
        batch.erase(Table::names, storage::name_key(dir_, "small"));
        batch.erase(Table::entries, storage::entry_key(dir_, at.cookie));
    });
    expect_undone("has no name: put back as 'd/small'");
}

TEST_F(Repair, AFileWhoseNameIsTakenGoesToLostAndFound) {
    const auto top = dentry(kRootNode, "top"), small = dentry(dir_, "small");
    damage([&](const View&, Batch& batch) {
        batch.put(Table::names, storage::name_key(dir_, "small"), encode(storage::Dentry{top.node, NodeType::file, small.cookie}));
        batch.put(Table::entries, storage::entry_key(dir_, small.cookie), storage::encode_entry({top.node, NodeType::file, small.cookie}, "small"));
    });
    const std::string lines = repaired(), name = "#" + std::to_string(raw(small_));
    EXPECT_NE(lines.find("has no name: put into lost+found"), std::string::npos) << lines;
    EXPECT_NE(tree().find("lost+found/" + name + " file few bytes number=1\n"), std::string::npos) << tree();
    EXPECT_EQ(count(volume(), "number = 1"), 1u);
}

TEST_F(Repair, ADirectoryWithADamagedRecordKeepsWhatIsInIt) {
    put_row(Table::nodes, storage::node_key(dir_), "?");
    const std::string lines = repaired();
    EXPECT_NE(lines.find("its record is damaged: made anew as a directory"), std::string::npos) << lines;
    EXPECT_EQ(tree(), before_);
}

TEST_F(Repair, TheRootCanBeMadeAnew) {
    put_row(Table::nodes, storage::node_key(kRootNode), "?");
    repaired();
    EXPECT_EQ(tree(), before_);
}

TEST_F(Repair, ADirectoryWithoutARecordKeepsWhatIsInIt) {
    erase(Table::nodes, storage::node_key(dir_));
    const std::string lines = repaired();
    EXPECT_NE(lines.find("has no record: made anew as a directory"), std::string::npos) << lines;
    EXPECT_EQ(tree(), before_);
}

TEST_F(Repair, ASmallFileWithADamagedRecordKeepsNameContentAndDocument) {
    put_row(Table::nodes, storage::node_key(small_), std::string(50, '\xff'));
    repaired();
    EXPECT_EQ(tree(), before_);
    EXPECT_EQ(count(volume(), "number = 1"), 1u);
}

TEST_F(Repair, ALargeFileWithADamagedRecordKeepsItsNameAndItsContentIsFound) {
    put_row(Table::nodes, storage::node_key(large_), "");
    const std::string lines = repaired();
    EXPECT_NE(lines.find("belongs to no file: put into lost+found"), std::string::npos) << lines;
    EXPECT_NE(tree().find("lost+found/#blob-"), std::string::npos) << tree();
    EXPECT_NE(tree().find("d/large file  number=2 text=two\n"), std::string::npos) << tree();
    EXPECT_NE(tree().find(" 100000 bytes"), std::string::npos) << tree();
}

TEST_F(Repair, LinkCountsAreCounted) {
    change_record(large_, [](auto& record) { record.attr.nlink = 7; });
    expect_undone("counts 7 links, found 2: corrected");
}

TEST_F(Repair, LinkCountsOfDirectoriesAreCounted) {
    change_record(kRootNode, [](auto& record) { record.attr.nlink = 2; });
    expect_undone("counts 2 links, found 3: corrected");
}

TEST_F(Repair, TheNameThatAKeyIsMadeOfIsCorrected) {
    change_record(small_, [](auto& record) { record.first_link.name = "gone"; });
    expect_undone("its recorded name leads elsewhere: corrected");
}

TEST_F(Repair, TheTableOfNamesOfANodeIsMadeFromNames) {
    erase(Table::links, storage::link_key(large_, dir_, "other"));
    expect_undone("'d/other' is not noted as a name of its node: corrected");
    store_.close();
    put_row(Table::links, storage::link_key(small_, dir_, "small"), "");
    expect_undone("a name is noted that it does not have: removed");
}

TEST_F(Repair, CountersAreCorrected) {
    put_row(Table::meta, "node_count", storage::u64_key(1000));
    expect_undone("the number of nodes is 1000, and there are 5: corrected");
    store_.close();
    put_row(Table::meta, "id_limit", storage::u64_key(2));
    expect_undone("the counter of numbers is at 2");
    put(volume(), "new", large('n'));
    EXPECT_EQ(get(volume(), "new"), large('n'));
    EXPECT_EQ(problems(store_.volume()), "");
}

TEST_F(Repair, TheIndexIsMadeFromDocuments) {
    damage([&](const View& view, Batch& batch) {
        ASSERT_TRUE(view.scan(Table::index, "", "", [&](auto key, auto) {
            batch.erase(Table::index, key);
            return true;
        }));
    });
    const std::string lines = repaired();
    EXPECT_NE(lines.find("field 'text' is not in the index: corrected"), std::string::npos) << lines;
    EXPECT_EQ(count(volume(), "number >= 1"), 3u);
    EXPECT_EQ(count(volume(), "text = 'two'"), 1u);
}

TEST_F(Repair, AnIndexEntryOfNoDocumentIsRemoved) {
    std::string key;
    damage([&](const View& view, Batch& batch) {
        ASSERT_TRUE(view.scan(Table::index, "", "", [&](auto found, auto) { key = found; return false; }));
        key.replace(key.size() - 8, 8, storage::node_key(dir_));
        batch.put(Table::index, key, "");
    });
    expect_undone("is not in its document: removed");
}

TEST_F(Repair, AnIndexEntryWithWrongFlagsIsCorrected) {
    damage([&](const View& view, Batch& batch) {
        ASSERT_TRUE(view.scan(Table::index, "", "", [&](auto key, auto) {
            batch.put(Table::index, key, "\x02");
            return false;
        }));
    });
    expect_undone("is not in the index: corrected");
}

TEST_F(Repair, AFieldThatTheIndexHasForgottenIsFoundAgain) {
    erase(Table::fields, "text");
    const std::string lines = repaired();
    EXPECT_NE(lines.find("field 'text' is unknown to the index: made known"), std::string::npos) << lines;
    EXPECT_EQ(count(volume(), "text = 'two'"), 1u);
    EXPECT_EQ(tree(), before_);
}

TEST_F(Repair, ADamagedFieldStopsNeitherTheStoreNorItsRepair) {
    put_row(Table::fields, "number", "?");
    store_.open();
    EXPECT_EQ(count(volume(), "number = 1"), 0u);
    EXPECT_EQ(count(volume(), "text = 'two'"), 1u) << "the others work";
    store_.close();
    const std::string lines = repaired();
    EXPECT_NE(lines.find("the record of field 'number' is damaged: removed"), std::string::npos) << lines;
    EXPECT_EQ(count(volume(), "number = 1"), 1u);
    EXPECT_EQ(tree(), before_);
}

TEST_F(Repair, AClassThatAFieldIsNotKnownToHaveIsMadeKnown) {
    damage([&](const View& view, Batch& batch) {
        auto record = storage::decode_field(*view.reader().get(Table::fields, "number").value()).value();
        record.primary_classes = 0;
        batch.put(Table::fields, "number", encode(record));
    });
    expect_undone("has a value of a class that the field is not known to have: made known");
}

TEST_F(Repair, WhatBelongsToNodesThatAreNotThereIsRemoved) {
    put_row(Table::documents, storage::node_key(NodeId{999'999}), to_msgpack(Document{{"number", 9}}));
    expect_undone("document of node 999999, which does not exist: removed");
    store_.close();
    put_row(Table::attrs, storage::attr_key(NodeId{999'999}, "trusted.x"), "1");
    expect_undone("attributes of node 999999, which does not exist: removed");
    store_.close();
    put_row(Table::inline_contents, storage::node_key(large_), "left over");
    expect_undone("which has another: removed");
}

TEST_F(Repair, AContentWithoutANodeIsFound) {
    put_row(Table::inline_contents, storage::node_key(NodeId{999'999}), "precious");
    repaired();
    EXPECT_NE(tree().find("lost+found/#999999 file precious\n"), std::string::npos) << tree();
}

TEST_F(Repair, TheBytesOfADamagedDocumentAreKept) {
    put_row(Table::documents, storage::node_key(small_), "\xc1");
    const std::string lines = repaired();
    EXPECT_NE(lines.find("'d/small'"), std::string::npos) << lines;
    EXPECT_NE(tree().find("lost+found/#document-" + std::to_string(raw(small_)) + " file \xc1\n"), std::string::npos) << tree();
    EXPECT_EQ(count(volume(), "number = 1"), 0u);
}

TEST_F(Repair, ABlobOfNoFileGoesToLostAndFound) {
    change_record(large_, [](auto& record) {
        record.content = storage::ContentKind::empty;
        record.blob = BlobId{};
        record.attr.size = 0;
    });
    const std::string lines = repaired();
    EXPECT_NE(lines.find("belongs to no file: put into lost+found"), std::string::npos) << lines;
    EXPECT_NE(tree().find("lost+found/#blob-"), std::string::npos) << tree();
    EXPECT_NE(tree().find(" 100000 bytes"), std::string::npos) << tree();
}

TEST_F(Repair, AMissingBlobIsNamedAndLeft) {
    boost::filesystem::remove_all(store_.path() + "/blobs");
    const std::string lines = repaired();
    EXPECT_NE(lines.find("'d/large' (node " + std::to_string(raw(large_)) + "): blob"), std::string::npos) << lines;
    EXPECT_NE(lines.find("is missing\n"), std::string::npos) << lines;
}

TEST_F(Repair, ASizeThatIsNotThatOfTheContentIsCorrected) {
    change_record(small_, [](auto& record) { record.attr.size = 5; });
    expect_undone("its content has 9 bytes, not 5: its size corrected");
}

TEST_F(Repair, WhatIsToBeRemovedAndIsInUseIsKept) {
    put_row(Table::orphans, storage::orphan_key(small_), "");
    expect_undone("is to be removed, and has a name: removed");
    store_.close();
    damage([&](const View& view, Batch& batch) {
        batch.put(Table::orphans, storage::orphan_key(view.node(large_).value().blob), "");
    });
    expect_undone("is to be removed, and is a file's: removed");
    store_.close();
    put_row(Table::orphans, storage::orphan_key(NodeId{999'999}), "");
    store_.open();
    store_.close();
    expect_undone("is to be removed, and is not there: removed");
}

TEST_F(Repair, ADirectoryThatContainsItselfGoesToLostAndFound) {
    damage([&](const View& view, Batch& batch) {
        const auto at = view.dentry(kRootNode, "d").value();
        batch.erase(Table::names, storage::name_key(kRootNode, "d"));
        batch.erase(Table::entries, storage::entry_key(kRootNode, at.cookie));
        batch.put(Table::names, storage::name_key(dir_, "d"), encode(at));
        batch.put(Table::entries, storage::entry_key(dir_, at.cookie), storage::encode_entry(at, "d"));
    });
    const std::string lines = repaired();
    EXPECT_NE(lines.find("contains itself: put into lost+found"), std::string::npos) << lines;
    EXPECT_NE(tree().find("lost+found/#" + std::to_string(raw(dir_)) + "/small file few bytes number=1\n"), std::string::npos) << tree();
}

TEST_F(Repair, ADirectoryHasOneName) {
    put_row(Table::names, storage::name_key(dir_, "again"), encode(storage::Dentry{dir_, NodeType::directory, 77'000}));
    put_row(Table::entries, storage::entry_key(dir_, 77'000), storage::encode_entry({dir_, NodeType::directory, 77'000}, "again"));
    repaired();
    EXPECT_EQ(tree(), before_);
}

TEST_F(Repair, ADamagedEventOfTheFeedIsRemoved) {
    put_row(Table::changes, storage::u64_key(2), "?");
    expect_undone("an event of the change feed is damaged: removed");
}

/// Every row of every table has the same chance, but for those that the background writes when it comes to it.
std::vector<std::pair<Table, std::string>> all_rows(const View& view) {
    std::vector<std::pair<Table, std::string>> rows;
    for (int table = 0; table < kv::kTableCount; ++table)
        EXPECT_TRUE(view.scan(static_cast<Table>(table), "", "", [&](auto key, auto) {
            if (static_cast<Table>(table) != Table::checksums && key != "checksums_to") rows.emplace_back(static_cast<Table>(table), key);
            return true;
        }));
    return rows;
}

TEST_F(Repair, AfterAnyDamageOfRowsTheStoreIsSoundButForWhatIsNamed) {
    const std::uint64_t seed = seed_of_test();
    std::mt19937_64 random(seed);
    for (int round = 0; round < 40; ++round) {
        damage([&](const View& view, Batch& batch) {
            const auto rows = all_rows(view);
            for (std::size_t i = 0, n = 1 + random() % 8; i < n; ++i) {
                const auto& [table, key] = rows[random() % rows.size()];
                std::string value(*view.reader().get(table, key).value());
                switch (random() % 4) {
                    case 0: batch.erase(table, key); break;
                    case 1: batch.put(table, key, value.substr(0, random() % (value.size() + 1))); break;
                    case 2:  // the value of another row
                        if (const auto other = view.reader().get(table, rows[random() % rows.size()].second); other && *other) value = **other;
                        batch.put(table, key, value);
                        break;
                    default:
                        if (!value.empty()) value[random() % value.size()] = static_cast<char>(random());
                        batch.put(table, key, value);
                }
            }
        });
        repaired();
        ASSERT_FALSE(HasFailure()) << "seed " << seed << " round " << round;
        put(volume(), "new-" + std::to_string(round), large('n'), {{"number", round}});
        ASSERT_EQ(get(volume(), "new-" + std::to_string(round)), large('n')) << "seed " << seed << " round " << round;
        store_.close();
    }
}

}  // namespace
}  // namespace asterope
