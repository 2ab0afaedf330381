#pragma once

#include <map>
#include <set>
#include <string>

#include "tests/storage/isolation/step.h"

namespace asterope::isolation {

struct Entry {
    bool is_directory = false;
    std::string content{};
    Fields fields{};
    bool operator==(const Entry&) const = default;
};

/// The reference: a whole tree as a value, by key. The root is not in it.
class State {
  public:
    /// Does it. What it finds, or the name of its error: as asterope::isolation::apply on a volume.
    std::string apply(const Step& step);
    /// Everything that there is in `volume`. What cannot be read is an entry that says so.
    static State of(Volume& volume);

    const Entry* find(const std::string& key) const;
    /// nullptr: nothing is there.
    void set(const std::string& key, const Entry* entry);
    /// Keys at which the two differ.
    std::set<std::string> difference(const State& other) const;
    std::string text() const;
    bool operator==(const State&) const = default;

  private:
    struct Outcome;
    Outcome change(const Step& step);
    Outcome rename(const std::string& from, const std::string& to);
    Outcome replace(const Entry& moved, const std::string& to);
    bool has_children(const std::string& directory) const;
    std::string list(const std::string& directory) const;
    std::string find_all(std::size_t question) const;

    std::map<std::string, Entry> entries_;
};

/// What is asked, and which files must be found.
struct Question {
    const char* expression;
    bool (*matches)(const std::string& key, const Entry& file);
};
extern const Question kQuestions[];
extern const std::size_t kQuestionCount;

/// Whether one of the keys is the other, or below it.
bool are_related(const std::string& one, const std::string& other);

}  // namespace asterope::isolation
