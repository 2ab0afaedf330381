#include "client/command/store_jobs.h"

#include "engine/serialization/json.h"
#include "engine/storage/repair.h"
#include "engine/storage/scrub.h"

namespace asterope::command {
namespace {

Array lines_of(const std::vector<std::string>& texts, std::uint64_t count) {
    Array lines;
    for (const std::string& text : texts) lines.emplace_back(text);
    if (count > texts.size()) lines.emplace_back("and " + std::to_string(count - texts.size()) + " more");
    return lines;
}

Document document_of(const CheckReport& report) {
    return {{"problems", lines_of(report.problems, report.problem_count)},
            {"summary", std::to_string(report.nodes) + " nodes, " + std::to_string(report.documents) + " documents, " +
                            std::to_string(report.index_entries) + " index entries, " + std::to_string(report.blobs) + " blobs"}};
}

Document document_of(const ScrubReport& report) {
    Array damaged, problems;
    for (const auto& [key, what] : report.damaged) {
        damaged.emplace_back(key);
        problems.emplace_back("'" + key + "': " + what);
    }
    if (report.damaged_count > report.damaged.size())
        problems.emplace_back("and " + std::to_string(report.damaged_count - report.damaged.size()) + " more");
    const auto number = [](std::uint64_t n) { return Value(static_cast<std::int64_t>(n)); };
    std::string summary = std::to_string(report.files) + " files, " + std::to_string(report.bytes) + " bytes";
    if (report.computed > 0) summary += ", " + std::to_string(report.computed) + " of them summed up for the first time";
    if (report.skipped > 0) summary += ", " + std::to_string(report.skipped) + " skipped";
    return {{"files", number(report.files)},       {"bytes", number(report.bytes)}, {"computed", number(report.computed)},
            {"skipped", number(report.skipped)},   {"damaged", std::move(damaged)}, {"problems", std::move(problems)},
            {"summary", std::move(summary)}};
}

}  // namespace

Result<Document> run_job(LocalVolume& volume, std::string_view name, const Document& arguments, const Watch& watch) {
    if (name == "check") return document_of(ASTEROPE_TRY(check_store(volume, watch)));
    if (name != "scrub") return fail(Errc::unsupported, "there is no job '" + std::string(name) + "'");
    ScrubOptions options{.watch = watch};
    const Value* const rate = arguments.find("limit_rate");
    if (rate != nullptr && rate->get_if<std::int64_t>() != nullptr)
        options.bytes_per_second = static_cast<std::uint64_t>(*rate->get_if<std::int64_t>());
    return document_of(ASTEROPE_TRY(scrub(volume.background_rooms(), options)));
}

Result<Document> run_repair(const std::string& store, const Watch& watch) {
    const CheckReport report = ASTEROPE_TRY(repair_store(store, watch));
    Document document = document_of(report);
    document.set("mended", lines_of(report.mended, report.mended_count));
    return document;
}

daemon::AdminCalls StoreJobs::calls() {
    daemon::AdminCalls calls;
    for (const char* const name : {"check", "scrub"})
        calls[name] = [this, name](std::string_view arguments, const std::stop_token& stop) { return run(name, arguments, stop); };
    calls["progress"] = [this](std::string_view, const std::stop_token&) -> Result<std::string> { return progress(); };
    return calls;
}

Result<std::string> StoreJobs::run(std::string_view name, std::string_view arguments, const std::stop_token& stop) {
    Watch watch{.stop = stop};
    const auto show = [this](std::string_view what, std::uint64_t done, std::uint64_t total) {
        const std::lock_guard lock(mutex_);
        what_ = what;
        done_ = done;
        total_ = total;
    };
    show("", 0, 0);
    watch.progress = show;
    return to_json(ASTEROPE_TRY(run_job(volume_, name, ASTEROPE_TRY(document_from_json(arguments)), watch)));
}

std::string StoreJobs::progress() const {
    const std::lock_guard lock(mutex_);
    return to_json(Document{{"what", what_}, {"done", static_cast<std::int64_t>(done_)}, {"total", static_cast<std::int64_t>(total_)}});
}

}  // namespace asterope::command
