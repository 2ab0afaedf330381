#include "fs/control_file.h"

#include <algorithm>
#include <cstring>

#include "fs/result_scan.h"
#include "fs/result_text.h"

namespace asterope::fs {
namespace {

/// One piece, made by a function when it is first read.
class OnePiece : public TextSource {
  public:
    using Make = std::function<Result<std::string>(const std::stop_token&)>;
    explicit OnePiece(Make make) : make_(std::move(make)) {}

    Result<std::string> next(const std::stop_token& stop) override {
        if (given_) return std::string();
        std::string text = ASTEROPE_TRY(make_(stop));
        given_ = true;
        return text;
    }
    void restart() override { given_ = false; }

  private:
    Make make_;
    bool given_ = false;
};

std::unique_ptr<ControlFile> one_piece(OnePiece::Make make) {
    return std::make_unique<ControlFile>(std::make_unique<OnePiece>(std::move(make)));
}

}  // namespace

std::optional<ControlKind> control_kind(std::string_view name) {
    if (name == ".count") return ControlKind::count;
    if (name == ".explain") return ControlKind::explain;
    if (name == ".json") return ControlKind::json;
    if (name == ".csv") return ControlKind::csv;
    if (name == ".paths0") return ControlKind::paths0;
    return std::nullopt;
}

void ControlFile::restart() {
    source_->restart();
    piece_.clear();
    piece_begin_ = 0;
    ended_ = false;
}

/// Makes text until some of it lies at `offset` or after, or the end.
Status ControlFile::advance(const Caller& caller, std::uint64_t offset) {
    if (offset < piece_begin_) restart();
    while (!ended_ && piece_begin_ + piece_.size() <= offset) {
        auto next = source_->next(caller.stop);
        if (!next) {
            restart();
            return Unexpected(next.error());
        }
        ended_ = next->empty();
        if (ended_) break;
        piece_begin_ += piece_.size();
        piece_ = std::move(*next);
    }
    return {};
}

Result<std::size_t> ControlFile::read(const Caller& caller, std::uint64_t offset,
                                      std::span<std::byte> buffer) {
    std::lock_guard lock(mutex_);
    std::size_t done = 0;
    while (done < buffer.size()) {
        const std::uint64_t at = offset + done;
        const Status advanced = advance(caller, at);
        if (!advanced && done == 0) return Unexpected(advanced.error());
        if (!advanced || at >= piece_begin_ + piece_.size()) break;
        const auto begin = static_cast<std::size_t>(at - piece_begin_);
        const std::size_t size = std::min(piece_.size() - begin, buffer.size() - done);
        std::memcpy(buffer.data() + done, piece_.data() + begin, size);
        done += size;
    }
    return done;
}

std::unique_ptr<ControlFile> fixed_text(std::string text) {
    return one_piece(
        [text = std::move(text)](const std::stop_token&) -> Result<std::string> { return text; });
}

Result<std::uint64_t> count_visible(Volume& volume, const std::shared_ptr<const query::Query>& query,
                                    const Caller& caller) {
    if (caller.is_root()) return volume.count(*query, {.stop = caller.stop});
    ResultScan scan(volume, query, caller, Visible::name);
    for (std::uint64_t count = 0;;) {
        const auto hits = ASTEROPE_TRY(scan.next(caller.stop));
        if (hits.empty()) return count;
        count += hits.size();
    }
}

std::unique_ptr<ControlFile> open_control(Volume& volume, const Options& options, ControlKind kind,
                                          std::shared_ptr<const query::Query> query, const Caller& caller) {
    switch (kind) {
        case ControlKind::count:
            return one_piece([&volume, query, caller](const std::stop_token& stop) -> Result<std::string> {
                Caller asking = caller;
                asking.stop = stop;
                return std::to_string(ASTEROPE_TRY(count_visible(volume, query, asking))) + "\n";
            });
        case ControlKind::explain:
            return one_piece([&volume, query](const std::stop_token& stop) {
                return volume.explain(*query, {.stop = stop});
            });
        default:
            return std::make_unique<ControlFile>(
                make_result_text(volume, options, kind, std::move(query), caller));
    }
}

}  // namespace asterope::fs
