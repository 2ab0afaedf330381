#include "client/command/mount_options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

namespace asterope::command {
namespace {

using namespace std::string_view_literals;

/// For mount(8) and for what starts it, or true of every mount.
constexpr std::array kLeftOut = {
    "auto"sv,       "noauto"sv,     "user"sv,        "nouser"sv,        "users"sv,
    "owner"sv,      "group"sv,      "nogroup"sv,     "nofail"sv,        "_netdev"sv,
    "defaults"sv,   "sloppy"sv,     "async"sv,       "atime"sv,         "diratime"sv,
    "relatime"sv,   "norelatime"sv, "strictatime"sv, "nostrictatime"sv, "lazytime"sv,
    "nolazytime"sv, "loud"sv,       "silent"sv,      "nomand"sv,        "noiversion"sv};
constexpr std::array kLeftOutPrefixes = {"x-"sv, "X-"sv, "comment="sv, "user="sv, "uhelper="sv};

/// What the kernel or fusermount3 takes.
constexpr std::array kPassedOn = {"suid"sv,   "nosuid"sv, "dev"sv,     "nodev"sv,   "exec"sv,
                                  "noexec"sv, "sync"sv,   "dirsync"sv, "noatime"sv, "nodiratime"sv};
constexpr std::array kPassedOnPrefixes = {"max_read="sv, "context="sv, "fscontext="sv, "defcontext="sv,
                                          "rootcontext="sv};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}
template <std::size_t N>
bool begins_with_any(const std::array<std::string_view, N>& prefixes, std::string_view word) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](auto prefix) { return word.starts_with(prefix); });
}

/// The value of "NAME=value".
std::optional<std::string> value_of(std::string_view word, std::string_view name) {
    if (!word.starts_with(name) || word.size() == name.size() || word[name.size()] != '=')
        return std::nullopt;
    return std::string(word.substr(name.size() + 1));
}

Result<OnReplace> on_replace(const std::string& choice) {
    if (choice == "inherit") return OnReplace::inherit;
    if (choice == "posix") return OnReplace::posix;
    if (choice == "merge") return OnReplace::merge;
    return fail(Errc::invalid, "-o on_replace=" + choice + ": use inherit, posix or merge");
}

Result<StoreDurability> durability(const std::string& choice) {
    if (choice == "sync") return StoreDurability::sync;
    if (choice == "second") return StoreDurability::second;
    if (choice == "none") return StoreDurability::none;
    return fail(Errc::invalid, "-o durability=" + choice + ": use sync, second or none");
}

Result<std::chrono::hours> days(const std::string& text) {
    unsigned count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || end != text.data() + text.size() || count > 10'000)
        return fail(Errc::invalid, "-o scrub=" + text + ": use a number of days, 0 for never");
    return std::chrono::hours(24 * count);
}

/// Whether `word` was one of ours. Errors: invalid
Result<bool> take(const std::string& word, ParsedOptions& options) {
    if (const auto choice = value_of(word, "on_replace"))
        options.on_replace = ASTEROPE_TRY(on_replace(*choice));
    else if (const auto when = value_of(word, "durability"))
        options.durability = ASTEROPE_TRY(durability(*when));
    else if (const auto interval = value_of(word, "scrub"))
        options.scrub_every = ASTEROPE_TRY(days(*interval));
    else if (const auto name = value_of(word, "query_dir"))
        options.mount.filesystem.query_dir = *name;
    else if (const auto file = value_of(word, "log"))
        options.log = *file;
    else if (word == "query_only")
        options.mount.filesystem.query_only = true;
    else if (word == "no_passthrough")
        options.mount.passthrough = false;
    else if (word == "ro" || word == "rw")
        options.mount.read_only = word == "ro";
    else if (word == "allow_other")
        options.mount.allow_other = true;
    else
        return false;
    return true;
}

}  // namespace

Result<ParsedOptions> parse_mount_options(const std::vector<std::string>& words, ParsedOptions options) {
    const bool sloppy = std::find(words.begin(), words.end(), "sloppy") != words.end();
    for (const std::string& word : words) {
        if (ASTEROPE_TRY(take(word, options)) || word.empty()) continue;
        if (contains(kLeftOut, word) || begins_with_any(kLeftOutPrefixes, word)) continue;
        const bool known = contains(kPassedOn, word) || begins_with_any(kPassedOnPrefixes, word);
        if (known || !sloppy) options.mount.options.push_back(word);
    }
    return options;
}

}  // namespace asterope::command
