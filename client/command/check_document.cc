#include "client/command/check_document.h"

#include "engine/storage/check.h"

namespace asterope::command {

Result<Document> check_document(LocalVolume& volume) {
    const CheckReport report = ASTEROPE_TRY(check_store(volume));
    Array problems;
    for (const std::string& problem : report.problems) problems.emplace_back(problem);
    return Document{{"problems", std::move(problems)},
                    {"summary", std::to_string(report.nodes) + " nodes, " + std::to_string(report.documents) +
                                    " documents, " + std::to_string(report.index_entries) + " index entries, " +
                                    std::to_string(report.blobs) + " blobs"}};
}

}  // namespace asterope::command
