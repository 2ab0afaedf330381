/// How a program uses a database that it opens itself: store, read, describe, find, watch, change together, keep.
/// Usage: scans STORE-DIRECTORY (made if it is not there)
#include <asterope/asterope.h>

#include <iostream>
#include <vector>

using asterope::descending;
using asterope::field;
using asterope::missing;

/// The members are the fields of a document.
struct Scan {
    std::string PatientID;
    std::string Modality;
    asterope::Timestamp StudyDate;
    double dose = 0;
    MSGPACK_DEFINE_MAP(PatientID, Modality, StudyDate, dose)
};

asterope::Timestamp day(const char* text) {
    return asterope::parse_timestamp(text).value();
}

int main(int argc, char** argv) try {
    auto db = asterope::open(argc > 1 ? argv[1] : "./scans.store", {.create = true}).value();

    // A key names a content and a document. value() throws what went wrong; has_value() and error() tell it.
    const std::vector<unsigned char> pixels(1000, 7);
    db.put("study1/ct-001.dcm", pixels, {{"PatientID", "12345"}, {"Modality", "CT"}, {"StudyDate", day("2024-01-15")},
                                         {"dose", 51.5}}).value();
    db.put("study1/ct-002.dcm", "other bytes", Scan{"12345", "CT", day("2024-02-20"), 12.25}).value();
    db.put("study2/mr-001.dcm", "more bytes", Scan{"67890", "MR", day("2024-03-01"), 0}).value();

    const auto [content, scan] = db.get<Scan>("study1/ct-001.dcm").value();
    std::cout << content.size() << " bytes of patient " << scan.PatientID << "\n";

    // Queries: as text, with the builder, or typed by the struct's members.
    for (const auto& hit : db.query("Modality = 'CT' and dose > 50"))
        std::cout << "text: " << hit.key << "\n";
    for (const auto& hit : db.query((field("Modality") == "CT" && field("dose") > 5.0) || missing("PatientID")))
        std::cout << "builder: " << hit.key << "\n";
    for (const auto& hit :
         db.query<Scan>(field(&Scan::PatientID) == "12345").order_by(&Scan::StudyDate, descending).take(20))
        std::cout << "typed: " << hit.key << " of " << asterope::to_rfc3339(hit->StudyDate) << "\n";
    std::cout << db.count(field("Modality") == "MR").value() << " MR\n";

    // Large contents stream in constant memory, and appear whole or not at all.
    auto out = db.open_write("big/volume.mha", asterope::Document{{"Modality", "SEG"}}).value();
    for (int part = 0; part < 100; ++part) out.write(pixels).value();
    out.commit().value();
    auto in = db.open_read("big/volume.mha").value();
    std::vector<std::byte> buffer(4096);
    std::size_t total = 0;
    while (const std::size_t n = in.read(buffer).value()) total += n;
    std::cout << total << " bytes streamed\n";

    // Fields change one by one or together; a feed tells of every change.
    auto feed = db.watch();
    db.set_field("study2/mr-001.dcm", "reviewed", true).value();
    db.patch("study1/ct-002.dcm", R"({"dose": null, "reviewed": true})").value();
    const auto changes = feed.next(std::chrono::seconds(1)).value();
    for (const auto& change : changes)
        std::cout << "changed: " << db.key_of(change.node).value() << "\n";
    std::cout << db.count("reviewed").value() << " reviewed\n";

    // Changes that become visible together, or not at all when others change the same meanwhile (Errc::conflict).
    auto transaction = db.begin({.isolation = asterope::Isolation::serializable}).value();
    transaction.rename("study2/mr-001.dcm", "archive/2024/mr-001.dcm").value();
    transaction.set_field("archive/2024/mr-001.dcm", "archived", true).value();
    transaction.commit().value();

    // A snapshot keeps everything as it is now.
    db.snapshot("before-cleanup").value();
    db.remove_all("study1").value();
    std::cout << db.open_snapshot("before-cleanup").value().count("Modality = 'CT'").value() << " CT before the cleanup\n";
    db.drop_snapshot("before-cleanup").value();
    for (const auto& hit : db.query(asterope::everything()).keys_only()) std::cout << "left: " << hit.key << "\n";
    db.sync().value();
} catch (const tl::bad_expected_access<asterope::Error>& failure) {
    std::cerr << "scans: " << failure.error().text() << "\n";
    return 1;
} catch (const asterope::Failure& failure) {
    std::cerr << "scans: " << failure.what() << "\n";
    return 1;
}
