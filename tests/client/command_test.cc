#include <gtest/gtest.h>
#include <sysexits.h>

#include <map>
#include <sstream>

#include "client/command/attr_text.h"
#include "client/command/exit_status.h"
#include "client/command/field_arguments.h"
#include "client/command/mount_table.h"
#include "client/command/places.h"
#include "client/command/progress.h"
#include "engine/serialization/json.h"

namespace asterope::command {
namespace {

TEST(ExitStatus, EveryCodeHasOneOfSysexits) {
    std::map<int, std::string> codes;
    for (int i = 0; i < kErrcCount; ++i) {
        const auto code = static_cast<Errc>(i);
        auto& names = codes[exit_status(code)];
        names += (names.empty() ? "" : " ") + std::string(name_of(code));
    }
    const std::map<int, std::string> expected{
        {EX_USAGE, "invalid unsupported"},
        {EX_DATAERR, "name_too_long value_too_large parse format"},
        {EX_NOINPUT, "not_found not_dir is_dir no_attribute stale"},
        {EX_UNAVAILABLE, "busy interrupted limit unavailable"},
        {EX_CANTCREAT, "exists not_empty no_space file_too_large read_only too_many_links"},
        {EX_IOERR, "buffer_too_small cross_device loop bad_handle corrupt io"},
        {EX_TEMPFAIL, "conflict"},
        {EX_NOPERM, "permission not_permitted"},
    };
    EXPECT_EQ(codes, expected);
}

TEST(ExitStatus, AnErrorIsOneLineThatNamesItsSubject) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(report("scan.dcm", {Errc::not_found, "", 0}), EX_NOINPUT);
    EXPECT_EQ(report("scan.dcm", {Errc::is_dir, "'scan.dcm' is a directory: use -r", 0}), EX_NOINPUT);
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "asterope: 'scan.dcm': no such key or store\nasterope: 'scan.dcm' is a directory: use -r\n");
}

TEST(ExitStatus, ACommandThatWentOnHasTheFirstErrors) {
    testing::internal::CaptureStderr();
    Outcome outcome;
    EXPECT_EQ(outcome.exit_status(), 0);
    outcome.note("a", {});
    outcome.note("b", fail(Errc::not_found));
    outcome.note("c", fail(Errc::io));
    EXPECT_EQ(outcome.exit_status(), EX_NOINPUT);
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "asterope: 'b': no such key or store\nasterope: 'c': input/output error\n");
}

/// "a=1(int64) b=text" or the error's message.
std::string changes_text(const std::vector<std::string>& texts, const std::vector<std::string>& jsons) {
    const auto changes = changes_of(texts, jsons);
    if (!changes) return std::string(name_of(changes.error().code)) + ": " + changes.error().message;
    std::string text;
    for (const FieldChange& change : *changes)
        text += (text.empty() ? "" : " ") + change.name + "=" + to_json(change.value.value());
    return text;
}

TEST(FieldArguments, PlainOnesAreTextAndJsonOnesHaveTheirType) {
    EXPECT_EQ(changes_text({"dose=5", "note=a=b", "empty="}, {}), R"(dose="5" note="a=b" empty="")");
    EXPECT_EQ(changes_text({}, {"dose=2.0", "list=[1,\"x\"]", "gone=null", "text=\"5\""}),
              R"(dose=2.0 list=[1,"x"] gone=null text="5")");
    EXPECT_EQ(changes_text({"a=1"}, {R"({"dose": 5, "study": {"date": "2024"}})"}),
              R"(a="1" dose=5 study.date="2024")");
    EXPECT_EQ(changes_text({"bytes=\xff"}, {}), R"(bytes={"$binary":"/w=="})");
}

TEST(FieldArguments, WhatIsNoFieldIsSaid) {
    EXPECT_EQ(changes_text({"dose"}, {}), "invalid: 'dose' is not NAME=VALUE");
    EXPECT_EQ(changes_text({"=5"}, {}), "invalid: '=5' is not NAME=VALUE");
    EXPECT_EQ(changes_text({}, {"dose"}), "invalid: 'dose' is neither NAME=JSON nor a JSON object");
    EXPECT_EQ(changes_text({}, {"dose=high"}).substr(0, 34), "parse: the value of 'dose': JSON: ");
    EXPECT_EQ(changes_text({}, {"dose=[[1]]"}),
              "invalid: the value of 'dose': an array may hold only scalars");
    EXPECT_EQ(changes_text({}, {"{\"a\":"}).substr(0, 13), "parse: JSON: ");
}

TEST(MountTable, TheLastMountOfADirectoryIsOnTopAndEscapesAreUndone) {
    const std::string text =
        "22 1 0:20 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "40 22 0:50 / /mnt/scans rw,nosuid - fuse.asterope /data/scans rw,user_id=0\n"
        "41 22 0:51 / /mnt/with\\040blank rw shared:7 master:1 - fuse.asterope /data/a\\134b\\011c rw\n"
        "42 22 0:52 / /mnt/over rw - fuse.asterope /data/under rw\n"
        "43 42 0:53 / /mnt/over rw - tmpfs tmpfs rw\n"
        "44 22 0:54 / /mnt/twice rw - fuse.asterope /data/first rw\n"
        "45 44 0:55 / /mnt/twice rw - fuse.asterope /data/second rw\n"
        "46 22 0:56 / /mnt/sshfs rw - fuse.sshfs host:/ rw\n"
        "cut short\n";
    const auto store = [&](const std::string& directory) {
        std::istringstream table(text);
        return store_mounted_at(directory, table).value_or("none");
    };
    EXPECT_EQ(store("/mnt/scans"), "/data/scans");
    EXPECT_EQ(store("/mnt/with blank"), "/data/a\\b\tc");
    EXPECT_EQ(store("/mnt/over"), "none");
    EXPECT_EQ(store("/mnt/twice"), "/data/second");
    EXPECT_EQ(store("/mnt/sshfs"), "none");
    EXPECT_EQ(store("/mnt"), "none");
    EXPECT_EQ(store("/mnt/scans/sub"), "none");
}

TEST(Places, KeysAreJoinedAndTheirLastComponentTaken) {
    EXPECT_EQ(join_key("", "f"), "f");
    EXPECT_EQ(join_key("a", "f"), "a/f");
    EXPECT_EQ(join_key("a/", "f"), "a/f");
    EXPECT_EQ(base_name("study/ct.dcm"), "ct.dcm");
    EXPECT_EQ(base_name("study/ct.dcm//"), "ct.dcm");
    EXPECT_EQ(base_name("f"), "f");
    EXPECT_EQ(base_name("/"), "");
    EXPECT_EQ(base_name(""), "");
}

TEST(Progress, ALineTellsShareSizesAndSpeed) {
    EXPECT_EQ(progress_line("ct.mha", 50u << 20, 200u << 20, 1 << 20),
              "ct.mha  25%  50.0 MiB of 200.0 MiB  1.0 MiB/s");
    EXPECT_EQ(progress_line("-", 1536, 0, 512), "-  1.5 KiB  512 B/s") << "a pipe has no size";
    EXPECT_EQ(count_line("names", 30, 200), "names  15%");
    EXPECT_EQ(count_line("names", 30, 0), "names  30");
    EXPECT_EQ(progress_line("grew", 300, 200, 1), "grew  100%  300 B of 200 B  1 B/s");
    EXPECT_EQ(progress_line("a\nb\x1b[2J", 0, 1, 0), "a?b?[2J  0%  0 B of 1 B  0 B/s");
    EXPECT_EQ(progress_line(std::string(100, 'n') + "/end.dcm", 0, 0, 0),
              "..." + std::string(29, 'n') + "/end.dcm  0 B  0 B/s");
    EXPECT_EQ(size_text(UINT64_MAX), "16.0 EiB");
}

TEST(Progress, NothingIsPrintedWhereThereIsNoTerminal) {
    testing::internal::CaptureStderr();  // into a file
    {
        Progress progress;
        progress.begin("f", 1000);
        const auto start = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(900)) progress.add(1);
        progress.hide();
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(AttrText, ModesAreAsLsShowsThem) {
    EXPECT_EQ(mode_text(NodeType::file, 0644), "-rw-r--r--");
    EXPECT_EQ(mode_text(NodeType::directory, 01777), "drwxrwxrwt");
    EXPECT_EQ(mode_text(NodeType::file, 06710), "-rws--s---");
    EXPECT_EQ(mode_text(NodeType::symlink, 07000), "l--S--S--T");
}

TEST(AttrText, JsonHasEveryAttribute) {
    Attr attr;
    attr.node = NodeId{7};
    attr.mode = 0640;
    attr.uid = 1;
    attr.gid = 2;
    attr.nlink = 3;
    attr.size = 4;
    attr.mtime = parse_timestamp("2024-01-15T10:00:00.25Z").value();
    attr.version = 5;
    EXPECT_EQ(attr_json(attr), R"("node":7,"type":"file","mode":"0640","uid":1,"gid":2,"links":3,"size":4,)"
                               R"("mtime":"2024-01-15T10:00:00.25Z","ctime":"1970-01-01T00:00:00Z",)"
                               R"("btime":"1970-01-01T00:00:00Z","version":5)");
}

}  // namespace
}  // namespace asterope::command
