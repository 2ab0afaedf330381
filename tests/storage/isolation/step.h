#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>

#include "engine/core/volume.h"

namespace asterope::isolation {

enum class StepKind : std::uint8_t {
    read, document, list, find,                                                    // these change nothing
    create, make_directory, put, overwrite, patch, set_field, rename, unlink, remove_directory,
};
constexpr int kStepKindCount = static_cast<int>(StepKind::remove_directory) + 1;

using Fields = std::map<std::string, int>;

/// One operation, drawn before anything is known of the tree: it may well fail, the same way on each tree that is in the same state.
struct Step {
    StepKind kind{};
    std::string path{}, other{};     ///< keys; other: where a rename goes
    std::string bytes{};             ///< content
    std::optional<Fields> fields{};  ///< the document of what is new or put; nullopt: a put leaves it
    std::string field{};             ///< of set_field
    std::optional<int> value{};      ///< nullopt: the field is removed
    std::size_t question = 0;        ///< of find: which of kQuestions (state.h)

    bool changes_nothing() const { return kind < StepKind::create; }
    std::string text() const;
};

/// A seeded sequence of steps over so few names that they meet all the time.
class StepSource {
  public:
    /// `moves_directories`: whether a rename may be of a directory.
    StepSource(std::mt19937_64& random, bool moves_directories) : random_(random), moves_directories_(moves_directories) {}
    Step next();
    /// One that makes a file.
    Step put(std::string path);

  private:
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    StepKind kind();
    std::string file();
    std::string directory() { return below(2) == 0 ? "p" : "q"; }
    std::string any() { return below(6) == 0 ? directory() : file(); }
    std::string content();
    Fields fields();

    std::mt19937_64& random_;
    const bool moves_directories_;
    std::uint64_t count_ = 0;
};

/// Does it to a volume. What it found, or the name of its error.
std::string apply(Volume& volume, const Step& step);

/// How a content is shown: short, and another for each content.
std::string summary(const std::string& bytes);
std::string text_of(const Fields& fields);

}  // namespace asterope::isolation
