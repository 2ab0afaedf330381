#include <algorithm>

#include "client/wire/limits.h"
#include "daemon/operations.h"
#include "query/parser.h"

namespace asterope::daemon {
namespace {

std::size_t size_of(const Value& value) {
    if (const auto* text = value.get_if<std::string>()) return text->size() + 8;
    if (const auto* binary = value.get_if<Binary>()) return binary->bytes.size() + 8;
    std::size_t size = 16;
    if (const auto* array = value.get_if<Array>()) {
        for (const Value& element : *array) size += size_of(element);
    }
    return size;
}

/// About the bytes that `hit` takes in a reply.
std::size_t size_of(const Hit& hit) {
    std::size_t size = hit.key.size() + 32;
    if (hit.document) {
        for (const auto& [name, value] : *hit.document) size += name.size() + 8 + size_of(value);
    }
    return size;
}

}  // namespace

Result<wire::HandleId> Operations::operator()(const wire::OpenQuery& r) const {
    const query::Query parsed = ASTEROPE_TRY(query::parse_expression(r.expression));
    auto stream = std::make_shared<Session::Stream>(view.volume);
    stream->fetch_max = r.with_documents ? limits::kHitsWithDocuments : wire::limits::kListEntries;
    const std::stop_callback forward(stop, [&] { stream->stop.request_stop(); });
    stream->results =
        ASTEROPE_TRY(volume.query(parsed, {.with_documents = r.with_documents, .stop = stream->stop.get_token()}));
    return session.add(std::move(stream));
}

Result<std::vector<Hit>> Operations::operator()(const wire::NextHits& r) const {
    const auto stream = ASTEROPE_TRY(session.stream(r.stream));
    const std::lock_guard lock(stream->mutex);
    const std::stop_callback forward(stop, [&] { stream->stop.request_stop(); });
    const auto count_max = static_cast<std::size_t>(std::min<std::uint64_t>(r.count_max, wire::limits::kListEntries));
    std::vector<Hit> hits;
    std::size_t bytes = 0;
    // At least one result goes out, however large, and no more than fit: the rest waits for the next request.
    while (hits.size() < count_max && bytes < wire::limits::kReplyBytesSoft) {
        if (stream->fetched.empty()) {
            auto more =
                ASTEROPE_TRY(stream->results->next(std::min(count_max - hits.size(), stream->fetch_max)));
            if (more.empty()) break;
            std::move(more.begin(), more.end(), std::back_inserter(stream->fetched));
        }
        const std::size_t next_bytes = size_of(stream->fetched.front());
        if (!hits.empty() && bytes + next_bytes > wire::limits::kReplyBytesSoft) break;
        bytes += next_bytes;
        hits.push_back(std::move(stream->fetched.front()));
        stream->fetched.pop_front();
    }
    return hits;
}

Result<std::uint64_t> Operations::operator()(const wire::CountQuery& r) const {
    return volume.count(ASTEROPE_TRY(query::parse_expression(r.expression)), {.stop = stop});
}
Result<std::string> Operations::operator()(const wire::ExplainQuery& r) const {
    return volume.explain(ASTEROPE_TRY(query::parse_expression(r.expression)), {.stop = stop});
}
Result<bool> Operations::operator()(const wire::MatchesQuery& r) const {
    return volume.matches(ASTEROPE_TRY(query::parse_expression(r.expression)), r.node);
}

}  // namespace asterope::daemon
