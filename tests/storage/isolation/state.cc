#include "tests/storage/isolation/state.h"

#include <algorithm>

#include "engine/core/path.h"

namespace asterope::isolation {
namespace {

std::string parent_of(const std::string& key) {
    const auto slash = key.rfind('/');
    return slash == std::string::npos ? std::string() : key.substr(0, slash);
}
std::string name_of_key(const std::string& key) { return key.substr(key.rfind('/') + 1); }

std::optional<int> value(const Entry& file, const char* field) {
    const auto at = file.fields.find(field);
    return at == file.fields.end() ? std::nullopt : std::optional(at->second);
}

}  // namespace

const Question kQuestions[] = {
    {"", [](const std::string&, const Entry&) { return true; }},
    {"kind = 0", [](const std::string&, const Entry& file) { return value(file, "kind") == 0; }},
    {"not kind = 1", [](const std::string&, const Entry& file) { return value(file, "kind") != 1; }},
    {"exists(kind)", [](const std::string&, const Entry& file) { return value(file, "kind").has_value(); }},
    {"missing(dose)", [](const std::string&, const Entry& file) { return !value(file, "dose"); }},
    {"dose > 1", [](const std::string&, const Entry& file) { return value(file, "dose") > 1; }},
    {"kind = 0 and dose <= 2",
     [](const std::string&, const Entry& file) { return value(file, "kind") == 0 && value(file, "dose") && value(file, "dose") <= 2; }},
    {"kind = 2 or dose = 0",
     [](const std::string&, const Entry& file) { return value(file, "kind") == 2 || value(file, "dose") == 0; }},
    {"sys.size = 0", [](const std::string&, const Entry& file) { return file.content.empty(); }},
    {"sys.name = 'a'", [](const std::string& key, const Entry&) { return name_of_key(key) == "a"; }},
    {"sys.dir = p", [](const std::string& key, const Entry&) { return parent_of(key) == "p"; }},
};
const std::size_t kQuestionCount = std::size(kQuestions);

bool are_related(const std::string& one, const std::string& other) {
    return one == other || one.starts_with(other + "/") || other.starts_with(one + "/");
}

/// nullopt: done. Else what is wrong.
struct State::Outcome : std::optional<Errc> {
    using std::optional<Errc>::optional;
};

const Entry* State::find(const std::string& key) const {
    static const Entry kRoot{.is_directory = true};
    if (key.empty()) return &kRoot;
    const auto at = entries_.find(key);
    return at == entries_.end() ? nullptr : &at->second;
}

void State::set(const std::string& key, const Entry* entry) {
    if (entry == nullptr)
        entries_.erase(key);
    else
        entries_.insert_or_assign(key, *entry);
}

std::set<std::string> State::difference(const State& other) const {
    std::set<std::string> keys;
    for (const auto& [key, entry] : entries_)
        if (const Entry* const there = other.find(key); there == nullptr || *there != entry) keys.insert(key);
    for (const auto& [key, entry] : other.entries_)
        if (!entries_.contains(key)) keys.insert(key);
    return keys;
}

std::string State::text() const {
    std::string text;
    for (const auto& [key, entry] : entries_)
        text += "    /" + key + (entry.is_directory ? "/" : " " + summary(entry.content)) + text_of(entry.fields) + "\n";
    return text;
}

bool State::has_children(const std::string& directory) const {
    const auto at = entries_.upper_bound(directory + "/");
    return at != entries_.end() && at->first.starts_with(directory + "/");
}

std::string State::list(const std::string& directory) const {
    std::string names;
    for (const auto& [key, entry] : entries_)
        if (parent_of(key) == directory) names += " " + name_of_key(key) + (entry.is_directory ? "/" : "");
    return names;
}

std::string State::find_all(std::size_t question) const {
    std::string keys;
    for (const auto& [key, entry] : entries_)
        if (!entry.is_directory && kQuestions[question].matches(key, entry)) keys += " " + key;
    return keys;
}

std::string State::apply(const Step& step) {
    if (step.kind == StepKind::find) return find_all(step.question);
    // What is on the way comes first.
    for (const std::string& key : {step.path, step.other}) {
        if (!find(parent_of(key))) return std::string(name_of(Errc::not_found));
    }
    for (const std::string& key : {step.path, step.other}) {
        if (!find(parent_of(key))->is_directory) return std::string(name_of(Errc::not_dir));
    }
    const Entry* const entry = find(step.path);
    if (step.changes_nothing() && entry == nullptr) return std::string(name_of(Errc::not_found));
    switch (step.kind) {
        case StepKind::read: return entry->is_directory ? std::string(name_of(Errc::is_dir)) : summary(entry->content);
        case StepKind::document: return text_of(entry->fields);
        case StepKind::list: return entry->is_directory ? list(step.path) : std::string(name_of(Errc::not_dir));
        default: break;
    }
    const Outcome wrong = change(step);
    return wrong ? std::string(name_of(*wrong)) : "ok";
}

State::Outcome State::change(const Step& step) {
    const auto at = entries_.find(step.path);
    const bool is_there = at != entries_.end();
    const bool is_directory = is_there && at->second.is_directory;
    switch (step.kind) {
        case StepKind::create:
        case StepKind::make_directory:
            if (is_there) return Errc::exists;
            entries_[step.path] = {step.kind == StepKind::make_directory, {}, step.fields.value_or(Fields())};
            return {};
        case StepKind::put: {
            if (is_directory) return Errc::is_dir;
            Entry& entry = entries_[step.path];
            entry.content = step.bytes;
            if (step.fields) entry.fields = *step.fields;
            return {};
        }
        case StepKind::rename: return rename(step.path, step.other);
        case StepKind::remove_directory:
            if (!is_there) return Errc::not_found;
            if (!is_directory) return Errc::not_dir;
            if (has_children(step.path)) return Errc::not_empty;
            entries_.erase(at);
            return {};
        default: break;
    }
    if (!is_there) return Errc::not_found;
    Entry& entry = at->second;
    if (step.kind == StepKind::set_field) {
        if (step.value)
            entry.fields[step.field] = *step.value;
        else
            entry.fields.erase(step.field);
        return {};
    }
    if (is_directory) return Errc::is_dir;
    if (step.kind == StepKind::unlink) {
        entries_.erase(at);
    } else if (step.kind == StepKind::overwrite) {
        entry.content = step.bytes;
    } else {  // patch: from the third byte on
        entry.content.resize(std::max(entry.content.size(), 2 + step.bytes.size()));
        entry.content.replace(2, step.bytes.size(), step.bytes);
    }
    return {};
}

State::Outcome State::rename(const std::string& from, const std::string& to) {
    const Entry* const moved = find(from);
    if (moved == nullptr) return Errc::not_found;
    if (moved->is_directory && (to + "/").starts_with(from + "/") && to != from) return Errc::invalid;
    if (from == to) return {};
    if (const Outcome wrong = replace(*moved, to)) return wrong;
    std::map<std::string, Entry> after;
    for (auto& [key, entry] : entries_) {
        const bool moves = key == from || key.starts_with(from + "/");
        after[moves ? to + key.substr(from.size()) : key] = std::move(entry);
    }
    entries_ = std::move(after);
    return {};
}

State::Outcome State::replace(const Entry& moved, const std::string& to) {
    const Entry* const target = find(to);
    if (target == nullptr) return {};
    if (moved.is_directory && !target->is_directory) return Errc::not_dir;
    if (!moved.is_directory && target->is_directory) return Errc::is_dir;
    if (has_children(to)) return Errc::not_empty;
    entries_.erase(to);
    return {};
}

}  // namespace asterope::isolation
