#include "tests/client/database_fixture.h"

namespace asterope {
namespace {

struct Scan {
    std::string PatientID;
    std::string Modality;
    Timestamp StudyDate;
    double dose = 0;
    std::optional<int> series;
    MSGPACK_DEFINE_MAP(PatientID, Modality, StudyDate, dose, series)
};

Timestamp day(const char* text) {
    return parse_timestamp(text).value();
}

/// Four scans, two of one patient.
class DatabaseQueryTest : public DatabaseTest {
  protected:
    DatabaseQueryTest() {
        db().put("a/ct-1", "1", Scan{"P1", "CT", day("2024-01-15"), 51.5, 7}).value();
        db().put("a/ct-2", "2", Scan{"P2", "CT", day("2024-03-20"), 12.25, {}}).value();
        db().put("b/mr-1", "3", Scan{"P1", "MR", day("2024-02-01"), 0, 3}).value();
        db().put("b/mr-2", "4", Scan{"P3", "MR", day("2023-12-31"), 2, {}}).value();
    }
};

INSTANTIATE_TEST_SUITE_P(Database, DatabaseQueryTest, testing::Values(Way::local, Way::socket), way_name);

TEST_P(DatabaseQueryTest, TextAndBuilderFindTheSame) {
    EXPECT_EQ(keys(db().query("Modality = 'CT' and dose > 50")), "a/ct-1");
    EXPECT_EQ(keys(db().query(field("Modality") == "CT" && field("dose") > 50.0)), "a/ct-1");
    EXPECT_EQ(
        keys(db().query((field("dose") < 5.0 && !(field("PatientID") == "P1")) || missing("PatientID"))),
        "b/mr-2");
    EXPECT_EQ(keys(db().query(exists("series"))), "a/ct-1 b/mr-1") << "an empty optional is no field";
    EXPECT_EQ(keys(db().query(everything())), "a/ct-1 a/ct-2 b/mr-1 b/mr-2");
    EXPECT_EQ(keys(db().query("order by dose desc limit 2")), "a/ct-1 a/ct-2");
    EXPECT_EQ(keys(db().query("Modality = 'XA'")), "");
}

TEST_P(DatabaseQueryTest, ResultsAreOrderedSkippedAndTaken) {
    EXPECT_EQ(keys(db().query(everything()).order_by("dose")), "b/mr-1 b/mr-2 a/ct-2 a/ct-1");
    EXPECT_EQ(keys(db().query(everything()).order_by("Modality").order_by("dose", descending)),
              "a/ct-1 a/ct-2 b/mr-2 b/mr-1");
    EXPECT_EQ(keys(db().query(everything()).order_by("StudyDate", descending).skip(1).take(2)),
              "b/mr-1 a/ct-1");
    EXPECT_EQ(keys(db().query("Modality = 'CT'").take(0)), "");
}

TEST_P(DatabaseQueryTest, AResultHasItsDocumentUnlessOnlyKeysAreWanted) {
    const auto with = db().query("series = 7").next().value().value();
    EXPECT_EQ(*with.document->find("PatientID"), Value("P1"));
    EXPECT_EQ(with.type, NodeType::file);
    EXPECT_EQ(with.node, db().stat("a/ct-1").value().node);
    const auto without = db().query("series = 7").keys_only().next().value().value();
    EXPECT_EQ(without.key, "a/ct-1");
    EXPECT_FALSE(without.document);
}

TEST_P(DatabaseQueryTest, CountsNeedNoResults) {
    EXPECT_EQ(db().count("Modality = 'MR'").value(), 2u);
    EXPECT_EQ(db().count(field("Modality") == "MR").value(), 2u);
    EXPECT_EQ(db().count(everything()).value(), 4u);
    EXPECT_NE(db().query("Modality = 'MR'").explain().value().find("2"), std::string::npos);
}

TEST_P(DatabaseQueryTest, TypedResultsAreStructs) {
    std::string seen;
    for (const auto& scan :
         db().query<Scan>(field(&Scan::PatientID) == "P1").order_by(&Scan::StudyDate, descending).take(20))
        seen += scan.key + " " + scan->Modality + " " + to_rfc3339(scan->StudyDate) + " " +
                to_text(scan->dose) + "\n";
    EXPECT_EQ(seen, "b/mr-1 MR 2024-02-01T00:00:00Z 0\na/ct-1 CT 2024-01-15T00:00:00Z 51.5\n");
    EXPECT_EQ(db().query<Scan>(exists(&Scan::series) && field(&Scan::dose) > 1.0).count().value(), 1u);
    EXPECT_EQ(keys(db().query<Scan>("missing(series)")), "a/ct-2 b/mr-2");
    const auto [content, scan] = db().get<Scan>("a/ct-1").value();
    EXPECT_EQ(content, "1");
    EXPECT_EQ(scan.series, 7);
    EXPECT_EQ(db().document_as<Scan>("b/mr-2").value().dose, 2);
}

TEST_P(DatabaseQueryTest, ADocumentThatDoesNotFitIsToldByNameAndTheOthersFollow) {
    db().set_field("a/ct-2", "dose", "high").value();
    auto results = db().query<Scan>("Modality = 'CT'");
    EXPECT_EQ(results.next().value()->key, "a/ct-1");
    const auto wrong = results.next();
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().message, "a/ct-2: field 'dose' is not a number");
    EXPECT_EQ(results.next().value(), std::nullopt);
    EXPECT_EQ(word(db().get<Scan>("a/ct-2")), "invalid");
}

TEST_P(DatabaseQueryTest, AnExpressionThatDoesNotParseIsTheFirstError) {
    auto results = db().query("Modality = 'CT' and dose >=").order_by("dose").take(3);
    const auto first = results.next();
    ASSERT_FALSE(first);
    EXPECT_EQ(
        first.error().message,
        "query: expected a value after '>='\n  Modality = 'CT' and dose >=\n                            ^");
    EXPECT_EQ(word(db().count("dose >=")), "parse");
    EXPECT_EQ(word(db().query("dose >=").explain()), "parse");
    EXPECT_EQ(keys(db().query<Scan>("dose >=")), "[parse]");
    try {
        for (const auto& hit : db().query("dose >=")) FAIL() << hit.key;
        FAIL() << "a loop over no query ended";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.error().code, Errc::parse);
    }
}

TEST_P(DatabaseQueryTest, AStopEndsTheResults) {
    std::stop_source stop;
    auto results = db().query(everything()).stop_with(stop.get_token());
    stop.request_stop();
    EXPECT_EQ(word(results.next()), "interrupted");
    EXPECT_EQ(keys(db().query<Scan>(everything()).stop_with(stop.get_token())), "[interrupted]");
    EXPECT_EQ(db().count(everything()).value(), 4u);
}

TEST_P(DatabaseQueryTest, ThousandsOfResultsComeInOneStreamOfOneState) {
    for (int i = 0; i < 700; ++i) db().put("many/" + std::to_string(1000 + i), {}, {{"many", i}}).value();
    auto results = db().query("many >= 0").keys_only();
    std::size_t count = 0;
    while (const auto hit = results.next().value()) {
        if (count++ == 0) db().remove_all("many").value();
    }
    EXPECT_EQ(count, 700u);
    EXPECT_EQ(db().count("many >= 0").value(), 0u);
}

}  // namespace
}  // namespace asterope
