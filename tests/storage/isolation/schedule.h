#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/storage/isolation/state.h"

namespace asterope::isolation {

/// How often something came, over all schedules.
struct Tally {
    int committed[3] = {}, conflicts[3] = {};  ///< by Isolation
    int aborted = 0;
    int skews = 0;     ///< commits at `snapshot` that would not have been the same when run alone
    int mixtures = 0;  ///< the same at `read_committed`
};

/// One random interleaving of 2 to 4 transactions and of plain operations on an empty volume. The volume is compared with
/// the reference after each step.
class Schedule {
  public:
    /// `level`: of all transactions; nullopt: each its own.
    Schedule(Volume& volume, std::uint64_t seed, std::optional<Isolation> level, Tally& tally);
    /// Empty, or what was not as promised, after all that had been done.
    std::string run();

  private:
    struct Running {
        int number = 0;
        Isolation isolation{};
        std::unique_ptr<Transaction> transaction;
        std::size_t begun_at = 0;                         ///< how many commits there had been
        State own;                                        ///< what it must see; at read_committed, of `written` only
        std::vector<std::pair<Step, std::string>> done;   ///< each with what it found
        std::set<std::string> written{};                  ///< keys that it has changed
        // At read_committed:
        State seen{};                       ///< by its last step
        // and when others have changed what it has:
        std::set<std::string> unsettled{};  ///< keys of which only it is certain that they are of one state
        std::vector<State> behind{};        ///< what it may see instead of the latest state, if its changes cannot be made there
        bool follows = true;                ///< it has seen the latest state so far
    };

    void act();
    void begin();
    void plain_step(const Step& step);
    void step(Running& running, const Step& step);
    void step_read_committed(Running& running, const Step& step, const std::string& found);
    void end(Running& running, bool commits);

    State view(const Running& running) const;
    void check_committed(Running& running, const State& found);
    void check_first_committer(const Running& running);
    void check_conflict(const Running& running);
    bool runs_serially(const Running& running, const State& found) const;
    /// `changed` of the volume is new, by a commit.
    void advance(const State& state, const std::set<std::string>& changed);

    void expect(bool good, const std::string& claim);
    void expect_same(const State& expected, const State& found, const std::string& claim);
    void tell(const Running* who, const std::string& what, const std::string& found);

    Volume& volume_;
    std::mt19937_64 random_;
    const std::optional<Isolation> level_;
    Tally& tally_;
    StepSource steps_;
    const int total_;
    int begun_ = 0;
    State now_;                                   ///< what is committed
    std::vector<std::set<std::string>> commits_;  ///< keys that each changed
    std::vector<Running> running_;
    std::string story_, problem_;
};

}  // namespace asterope::isolation
