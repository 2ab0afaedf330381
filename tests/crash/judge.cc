#include "tests/crash/judge.h"

#include <algorithm>

#include "tests/crash/description.h"
#include "tests/crash/target.h"
#include "tests/fs/model_volume.h"

namespace asterope::crash {
namespace {

/// What the log tells of one thread.
struct Told {
    std::vector<std::int32_t> outcomes;  ///< of the answered steps
    std::uint64_t started = 0;           ///< steps asked for: as many, or one more
    std::uint64_t required = 0;          ///< steps that must be there
    std::vector<bool> matches;           ///< whether the found state is that after so many steps
};

std::string step_text(const Life& life, std::size_t thread, std::uint64_t step) {
    StepSource steps = life.steps(static_cast<int>(thread));
    for (std::uint64_t i = 0; i < step; ++i) (void)steps.next();
    return "thread " + std::to_string(thread) + " step " + std::to_string(step) + " (" + steps.next().text() + ")";
}

class Judge {
  public:
    Judge(const Life& life, const std::vector<Event>& events, const std::vector<std::string>& found, Crash crash)
        : life_(life), events_(events), found_(found), crash_(crash), told_(static_cast<std::size_t>(life.threads)) {}

    Verdict run() {
        read_log();
        for (std::size_t i = 0; i < told_.size() && verdict_.problem.empty(); ++i) replay(i);
        if (verdict_.problem.empty()) find_moment();
        return std::move(verdict_);
    }

  private:
    void read_log() {
        bool crashed = false;
        std::vector<std::vector<std::uint64_t>> answered_at_start(told_.size());  ///< by all, when a thread's latest step was asked for
        for (const Event& event : events_) {
            if (event.kind == Event::Kind::crash) crashed = true;
            if (event.kind == Event::Kind::crash || event.kind == Event::Kind::ready) continue;
            Told& told = told_[event.thread];
            if (event.kind == Event::Kind::started) {
                told.started = event.step + 1;
                answered_at_start[event.thread] = answered_counts();
            } else if (event.kind == Event::Kind::answered) {
                told.outcomes.push_back(event.outcome);
                // An answer during the cut proves nothing: ext4 answers a sync that its own shutdown has overtaken.
                if (event.durable && !crashed) require(answered_at_start[event.thread], event);
            } else if (!crashed) {
                verdict_.problem = step_text(life_, event.thread, event.step) + " got errno " + std::to_string(event.outcome) + "\n";
            }
        }
        for (Told& told : told_) {
            verdict_.answered += told.outcomes.size();
            if (crash_ == Crash::kill) told.required = told.outcomes.size();
        }
    }
    std::vector<std::uint64_t> answered_counts() const {
        std::vector<std::uint64_t> counts;
        for (const Told& told : told_) counts.push_back(told.outcomes.size());
        return counts;
    }
    /// After a durable step there is, besides itself, what had been answered when it was asked for.
    void require(const std::vector<std::uint64_t>& answered_before, const Event& durable) {
        for (std::size_t i = 0; i < told_.size(); ++i) told_[i].required = std::max(told_[i].required, answered_before[i]);
        told_[durable.thread].required = durable.step + 1;
    }

    /// Leads a reference through the steps of a thread and notes where it equals what was found.
    void replay(std::size_t thread) {
        Told& told = told_[thread];
        told.matches.resize(told.started + 1);
        ModelVolume model;
        const auto target = volume_target(model, "");
        StepSource steps = life_.steps(static_cast<int>(thread));
        const std::string found_outline = outline_of(found_[thread]);
        for (std::uint64_t done = 0;; ++done) {
            if (done >= told.required)
                told.matches[done] = outline(model) == found_outline && describe(model, "") == found_[thread];
            if (done == told.started) break;
            const Status applied = target->apply(steps.next());
            if (done < told.outcomes.size() && applied.has_value() != (told.outcomes[done] == 0)) {
                verdict_.problem += step_text(life_, thread, done) + " was answered with errno " + std::to_string(told.outcomes[done]) +
                                    ", the reference says " + (applied ? "ok" : applied.error().text()) + "\n";
                return;
            }
        }
        if (std::find(told.matches.begin(), told.matches.end(), true) != told.matches.end()) return;
        verdict_.problem += "thread " + std::to_string(thread) + ": found no state after steps " + std::to_string(told.required) + " to " +
                            std::to_string(told.started) + "; from the last of them it differs in\n" + difference(describe(model, ""), found_[thread]) +
                            (told.started > 0 ? "  the last step was " + step_text(life_, thread, told.started - 1) + "\n" : "");
    }

    /// The latest moment whose state was found.
    void find_moment() {
        std::vector<std::uint64_t> started(told_.size()), answered(told_.size()), kept;
        bool found = false;
        const auto look = [&] {
            bool all = true;
            for (std::size_t i = 0; i < told_.size(); ++i) all = all && (told_[i].matches[answered[i]] || told_[i].matches[started[i]]);
            if (all) kept = answered;
            found |= all;
        };
        look();
        for (const Event& event : events_) {
            if (event.kind == Event::Kind::started) started[event.thread] = event.step + 1;
            if (event.kind == Event::Kind::answered) answered[event.thread] = event.step + 1;
            look();
        }
        if (!found) verdict_.problem = "each thread's state is one that it had, but they never were at the same time\n";
        if (found) note_lost(kept);
    }

    void note_lost(const std::vector<std::uint64_t>& kept) {
        std::int64_t crash_us = 0, first_us = 0;
        for (const Event& event : events_) {
            if (event.kind == Event::Kind::crash) crash_us = event.time_us;
            if (event.kind != Event::Kind::answered || event.step < kept[event.thread]) continue;
            ++verdict_.lost;
            if (first_us == 0) first_us = event.time_us;
        }
        if (first_us != 0) verdict_.lost_us = crash_us - first_us;
    }

    const Life& life_;
    const std::vector<Event>& events_;
    const std::vector<std::string>& found_;
    const Crash crash_;
    std::vector<Told> told_;
    Verdict verdict_;
};

}  // namespace

Verdict judge(const Life& life, const std::vector<Event>& events, const std::vector<std::string>& found, Crash crash) {
    return Judge(life, events, found, crash).run();
}

}  // namespace asterope::crash
