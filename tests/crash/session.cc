#include "tests/crash/session.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "engine/core/path.h"
#include "engine/storage/check.h"
#include "tests/crash/description.h"

namespace asterope::crash {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kLifeMs = 1200;  ///< the longest time from the beginning of a life to its crash

void sleep_us(std::uint64_t us) { std::this_thread::sleep_for(std::chrono::microseconds(us)); }

std::string lines_of(const CheckReport& report) {
    std::string lines;
    for (const std::string& problem : report.problems) lines += "check: " + problem + "\n";
    return lines;
}

}  // namespace

Session::Session(std::string store, std::uint64_t seed) : store_(std::move(store)), random_(seed) {
    LocalVolume::init(store_).value();
}

Life Session::next_life(bool through_mount) {
    earlier_.erase(life_.number - kLivesKept);
    Life next;
    next.number = life_.number + 1;
    next.threads = 1 + static_cast<int>(below(3));
    next.seed = random_();
    next.through_mount = through_mount;
    next.syncs = below(2) == 0;
    return next;
}

void Session::live(const std::function<void()>& strike) {
    life_ = next_life(false);
    run([this] { live_in_store(store_, life_, log_); }, strike);
}

void Session::live_through(const std::string& mountpoint, const std::function<void()>& strike) {
    life_ = next_life(true);
    run([&] { live_in_mount(mountpoint, life_, log_); }, strike);
}

void Session::run(const std::function<void()>& body, const std::function<void()>& strike) {
    log_.clear();
    failure_.clear();
    Child victim(body);
    if (below(10) == 0) {
        sleep_us(below(50'000));  // while it opens the store, perhaps
    } else {
        while (victim.running() && log_.read().empty()) sleep_us(1000);
        sleep_us(1000 * below(kLifeMs));
    }
    log_.add({.kind = Event::Kind::crash});
    if (!victim.running()) failure_ = "the victim ended by itself\n";
    strike();
}

std::string Session::check(Crash crash) {
    const auto start = Clock::now();
    const auto volume = LocalVolume::open(store_, {});
    if (!volume) return failure_ + "cannot be opened: " + volume.error().text() + "\n";
    open_us_max_ = std::max(open_us_max_, std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count());
    const auto report = check_store(**volume);
    std::string problems = failure_ + (report ? lines_of(*report) : report.error().text() + "\n");
    for (const auto& [number, expected] : earlier_) {
        const std::string found = describe(**volume, Life::directory_of(number));
        if (found != expected) problems += "of earlier life " + std::to_string(number) + "\n" + difference(expected, found);
    }
    problems += check_life(**volume, log_.read(), crash);
    return problems.empty() ? problems : "life " + std::to_string(life_.number) + ": " + problems;
}

std::string Session::check_life(LocalVolume& volume, const std::vector<Event>& events, Crash crash) {
    ++lives_;
    if (events.front().kind != Event::Kind::ready) {
        ++unborn_;
        return {};
    }
    std::vector<std::string> found;
    for (int i = 0; i < life_.threads; ++i) found.push_back(describe(volume, life_.directory(i)));
    const Verdict verdict = judge(life_, events, found, crash);
    answered_ += verdict.answered;
    lost_ += verdict.lost;
    hurt_ += verdict.lost != 0;
    lost_us_max_ = std::max(lost_us_max_, verdict.lost_us);
    earlier_[life_.number] = describe(volume, life_.directory());
    return verdict.problem + index_problems(volume, life_.directory());
}

std::string Session::summary() const {
    char line[300];
    std::snprintf(line, sizeof line,
                  "%llu crashes (%llu before the first step), %llu steps answered; %llu crashes took %llu of them, the oldest %.2f s "
                  "old; slowest opening %.2f s",
                  static_cast<unsigned long long>(lives_), static_cast<unsigned long long>(unborn_), static_cast<unsigned long long>(answered_),
                  static_cast<unsigned long long>(hurt_), static_cast<unsigned long long>(lost_), static_cast<double>(lost_us_max_) / 1e6,
                  static_cast<double>(open_us_max_) / 1e6);
    return line;
}

int count_of_run(const char* name, int otherwise) {
    const char* const given = std::getenv(name);
    return given != nullptr ? std::atoi(given) : otherwise;
}

}  // namespace asterope::crash
