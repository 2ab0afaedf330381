#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/volume.h"
#include "fs/caller.h"
#include "fs/options.h"

namespace asterope::fs {

/// The control files of a result directory, by name.
enum class ControlKind : std::uint8_t { count, explain, json, csv, paths0 };
std::optional<ControlKind> control_kind(std::string_view name);

/// Text that is made in pieces, from the beginning on.
/// Threads: one at a time.
class TextSource {
  public:
    virtual ~TextSource() = default;
    /// The next piece; empty = end. After an error, begins again. Errors: interrupted (`stop`)
    virtual Result<std::string> next(const std::stop_token& stop) = 0;
    virtual void restart() = 0;
};

/// A file of the query tree while it is open: text that is made while it is read, in the memory of about one piece.
/// Reading on is cheap; reading from before the last piece makes the text again.
/// Threads: any.
class ControlFile {
  public:
    explicit ControlFile(std::unique_ptr<TextSource> source) : source_(std::move(source)) {}

    /// Bytes read; 0 = end. Errors: interrupted (caller.stop)
    Result<std::size_t> read(const Caller& caller, std::uint64_t offset, std::span<std::byte> buffer);

  private:
    Status advance(const Caller& caller, std::uint64_t offset);
    void restart();

    std::mutex mutex_;
    std::unique_ptr<TextSource> source_;
    std::string piece_;  ///< the text from piece_begin_ on
    std::uint64_t piece_begin_ = 0;
    bool ended_ = false;
};

/// A file with a text that is known.
std::unique_ptr<ControlFile> fixed_text(std::string text);
/// The control file `kind` of `query`, with what `caller` may see.
std::unique_ptr<ControlFile> open_control(Volume& volume, const Options& options, ControlKind kind,
                                          std::shared_ptr<const query::Query> query, const Caller& caller);
/// The number of results that `caller` may see. Errors: interrupted (caller.stop)
Result<std::uint64_t> count_visible(Volume& volume, const std::shared_ptr<const query::Query>& query,
                                    const Caller& caller);

}  // namespace asterope::fs
