#include "tests/storage/isolation/schedule.h"

#include <algorithm>
#include <sstream>

namespace asterope::isolation {
namespace {

constexpr const char* kLevels[] = {"read_committed", "snapshot", "serializable"};

bool is_at_or_below(const std::string& key, const std::string& top) { return key == top || key.starts_with(top + "/"); }

bool any_related(const std::set<std::string>& keys, const std::string& key) {
    return std::any_of(keys.begin(), keys.end(), [&](const std::string& each) { return are_related(each, key); });
}

bool any_related(const std::set<std::string>& keys, const std::set<std::string>& others) {
    return std::any_of(others.begin(), others.end(), [&](const std::string& other) { return any_related(keys, other); });
}

/// The keys that `step` has changed, also where what it moved is like what was there.
std::set<std::string> changed_by(const Step& step, const State& before, const State& after) {
    std::set<std::string> keys = before.difference(after);
    if (step.kind == StepKind::rename && !keys.empty()) keys.insert({step.path, step.other});
    return keys;
}

/// Whether what `step` finds or does depends on one of `keys`, but for single results of lists.
bool depends_on(const Step& step, const std::set<std::string>& keys) {
    if (step.kind == StepKind::find) return false;
    if (!step.changes_nothing()) return any_related(keys, step.path) || (!step.other.empty() && any_related(keys, step.other));
    return std::any_of(keys.begin(), keys.end(), [&](const std::string& key) { return is_at_or_below(step.path, key); });
}

/// A list of names or keys without those that are unsettled.
std::string without(const std::string& list, const Step& step, const std::set<std::string>& unsettled) {
    const bool is_list = step.kind == StepKind::list || step.kind == StepKind::find;
    if (!is_list || unsettled.empty()) return list;
    const std::string prefix = step.kind == StepKind::list && !step.path.empty() ? step.path + "/" : "";
    std::string left, word;
    for (std::istringstream in(list); in >> word;)
        if (!any_related(unsettled, prefix + (word.ends_with('/') ? word.substr(0, word.size() - 1) : word))) left += " " + word;
    return left;
}

}  // namespace

Schedule::Schedule(Volume& volume, std::uint64_t seed, std::optional<Isolation> level, Tally& tally)
    : volume_(volume),
      random_(seed),
      level_(level),
      tally_(tally),
      // Only a serial order says what the key of a change is when others move the directory.
      steps_(random_, level == Isolation::serializable),
      total_(2 + static_cast<int>(random_() % 3)) {}

std::string Schedule::run() {
    for (const char* key : {"p", "q"}) plain_step({.kind = StepKind::make_directory, .path = key});
    for (const char* key : {"a", "b", "p/a", "q/a"})
        if (random_() % 2 == 0) plain_step(steps_.put(key));
    while (problem_.empty() && (begun_ < total_ || !running_.empty())) act();
    running_.clear();
    return problem_.empty() ? "" : story_ + problem_;
}

void Schedule::act() {
    if (begun_ < total_ && random_() % 6 == 0) return begin();
    if (running_.empty() || random_() % 5 == 0) return plain_step(steps_.next());
    const std::size_t at = random_() % running_.size();
    const auto choice = random_() % 40;
    if (choice < 4) {
        end(running_[at], choice != 0);
        running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(at));
    } else {
        step(running_[at], steps_.next());
    }
    expect_same(now_, State::of(volume_), "others see what is committed, and nothing else");
}

void Schedule::begin() {
    const Isolation isolation = level_.value_or(static_cast<Isolation>(random_() % 3));
    running_.push_back({++begun_, isolation, volume_.begin({.isolation = isolation}).value(), commits_.size(), now_, {}});
    running_.back().seen = now_;
    tell(&running_.back(), "begins", "");
}

void Schedule::plain_step(const Step& step) {
    const std::string found = apply(volume_, step);
    tell(nullptr, step.text(), found);
    State after = now_;
    const std::string expected = after.apply(step);
    expect(found == expected, "outside it finds what is committed: " + expected);
    const auto changed = changed_by(step, now_, after);
    if (!changed.empty()) advance(after, changed);
    expect_same(now_, State::of(volume_), "a plain operation does what it says, and nothing else");
}

void Schedule::step(Running& running, const Step& step) {
    const std::string found = apply(running.transaction->view(), step);
    tell(&running, step.text(), found);
    if (running.isolation == Isolation::read_committed) return step_read_committed(running, step, found);
    State after = running.own;
    const std::string expected = after.apply(step);
    expect(found == expected, "it sees the state of its beginning, and its own: " + expected);
    running.written.merge(changed_by(step, running.own, after));
    running.own = std::move(after);
    running.done.emplace_back(step, found);
}

void Schedule::step_read_committed(Running& running, const Step& step, const std::string& found) {
    if (step.changes_nothing())
        expect(found == State::of(running.transaction->view()).apply(step), "all that it sees is one state");
    const State before = view(running);
    State after = before;
    const std::string expected = after.apply(step);
    const bool certain = !depends_on(step, running.unsettled);
    const auto is_found = [&](const std::string& one) {
        return !certain || without(found, step, running.unsettled) == without(one, step, running.unsettled);
    };
    std::erase_if(running.behind, [&](State& state) { return !is_found(state.apply(step)); });
    running.follows = running.follows && is_found(expected);
    expect(running.follows || !running.behind.empty(), "it sees the latest commit, and its own: " + expected);
    if (!step.changes_nothing() && (!certain || !running.follows)) {
        for (const std::string& key : {step.path, step.other})
            if (!key.empty()) running.written.insert(key), running.unsettled.insert(key);
    } else {
        running.written.merge(changed_by(step, before, after));
        running.own = after;
    }
    running.seen = std::move(after);
}

/// At read_committed.
State Schedule::view(const Running& running) const {
    State state = now_;
    for (const std::string& key : running.written) state.set(key, running.own.find(key));
    return state;
}

void Schedule::end(Running& running, bool commits) {
    if (!commits) {
        running.transaction->abort();
        ++tally_.aborted;
        return tell(&running, "aborts", "");
    }
    const Status committed = running.transaction->commit();
    tell(&running, "commits", committed ? "ok" : std::string(name_of(committed.error().code)));
    const State found = State::of(volume_);
    if (committed)
        check_committed(running, found);
    else if (committed.error().code == Errc::conflict)
        check_conflict(running);
    else
        expect(false, "a commit is made, or a conflict");
}

void Schedule::check_committed(Running& running, const State& found) {
    ++tally_.committed[static_cast<int>(running.isolation)];
    // Who changed nothing comes before all others that committed since it began: it has seen the state of then.
    const bool serial = running.written.empty() || runs_serially(running, found);
    if (running.isolation == Isolation::serializable) {
        expect(serial, "it does and finds the same when it runs alone, where it commits");
    } else {
        if (running.isolation == Isolation::snapshot) check_first_committer(running);
        State expected = view(running);
        for (const std::string& key : expected.difference(found))
            if (any_related(running.unsettled, key)) expected.set(key, found.find(key));
        expect_same(expected, found, "all of its changes are made, and no other");
        (running.isolation == Isolation::snapshot ? tally_.skews : tally_.mixtures) += !serial;
    }
    std::set<std::string> changed = now_.difference(found);
    changed.insert(running.written.begin(), running.written.end());
    if (!changed.empty()) advance(found, changed);
}

void Schedule::check_first_committer(const Running& running) {
    for (std::size_t i = running.begun_at; i < commits_.size(); ++i)
        for (const std::string& key : commits_[i])
            expect(!running.written.contains(key), "the first to commit a change of /" + key + " wins");
}

void Schedule::check_conflict(const Running& running) {
    ++tally_.conflicts[static_cast<int>(running.isolation)];
    expect(running.begun_at < commits_.size(), "there is no conflict with nobody");
    expect(!running.written.empty(), "there is no conflict of one that changes nothing");
    if (running.isolation == Isolation::serializable) return;
    const bool met = std::any_of(commits_.begin() + static_cast<std::ptrdiff_t>(running.begun_at), commits_.end(),
                                 [&](const auto& changed) { return any_related(changed, running.written); });
    expect(met, "there is no conflict with changes of something else");
}

/// Whether all that it did and found is the same when it runs alone, here and now. Then the order of the commits is the
/// serial order.
bool Schedule::runs_serially(const Running& running, const State& found) const {
    State state = now_;
    return std::all_of(running.done.begin(), running.done.end(),
                       [&](const auto& each) { return state.apply(each.first) == each.second; }) &&
           state == found;
}

void Schedule::advance(const State& state, const std::set<std::string>& changed) {
    commits_.push_back(changed);
    for (Running& running : running_) {
        if (running.isolation != Isolation::read_committed) continue;
        // A file that it has changed may be moved on and on.
        if (!any_related(changed, running.written) && !any_related(changed, running.unsettled)) continue;
        running.behind.push_back(running.seen);
        running.unsettled.insert(changed.begin(), changed.end());
        running.unsettled.insert(running.written.begin(), running.written.end());  // one may have been moved to another
    }
    now_ = state;
}

void Schedule::expect(bool good, const std::string& claim) {
    if (!good && problem_.empty()) problem_ = "NOT AS PROMISED: " + claim + "\n";
}

void Schedule::expect_same(const State& expected, const State& found, const std::string& claim) {
    if (expected == found) return;
    expect(false, claim + "\n  expected\n" + expected.text() + "  found\n" + found.text());
}

void Schedule::tell(const Running* who, const std::string& what, const std::string& found) {
    if (who != nullptr) story_ += "T" + std::to_string(who->number) + " " + kLevels[static_cast<int>(who->isolation)] + ": ";
    story_ += what + (found.empty() ? "" : " -> " + found) + "\n";
}

}  // namespace asterope::isolation
