#include "tests/crash/victim.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <thread>

#include "engine/core/path.h"
#include "engine/storage/local_volume.h"
#include "tests/crash/target.h"

namespace asterope::crash {
namespace {

/// Errors that a step can get from a tree in good order.
bool is_an_answer(int outcome) {
    static constexpr std::array kAnswers{ENOENT, EEXIST, ENOTDIR, EISDIR, ENOTEMPTY, EINVAL, EFBIG, EPERM, ELOOP};
    return outcome == 0 || std::find(kAnswers.begin(), kAnswers.end(), outcome) != kAnswers.end();
}

void work(Target& target, const Life& life, int thread, EventLog& log) {
    StepSource steps = life.steps(thread);
    Event event{.thread = static_cast<std::uint32_t>(thread)};
    for (; event.step < life.step_count_max; ++event.step) {
        const Step step = steps.next();
        event.kind = Event::Kind::started;
        event.outcome = 0;
        log.add(event);
        const Status done = target.apply(step);
        event.outcome = done ? 0 : done.error().to_errno();
        event.durable = step.durable && done;
        const bool answered = is_an_answer(event.outcome);
        event.kind = answered ? Event::Kind::answered : Event::Kind::broken;
        log.add(event);
        if (!answered) return;
    }
}

using MakeTarget = std::function<std::unique_ptr<Target>(const std::string& directory)>;

void live(const Life& life, EventLog& log, const MakeTarget& make_target) {
    log.add({.kind = Event::Kind::ready});
    std::vector<std::jthread> threads;
    for (int i = 0; i < life.threads; ++i)
        threads.emplace_back([&, i] { work(*make_target(life.directory(i)), life, i, log); });
    threads.clear();
    ::pause();
}

Status remove_tree(Volume& volume, NodeId dir, const std::string& name) {
    const Attr attr = ASTEROPE_TRY(volume.lookup(dir, name));
    if (attr.type != NodeType::directory) return volume.unlink(dir, name);
    for (const DirEntry& entry : ASTEROPE_TRY(volume.list(attr.node, 0, 1'000'000)))
        ASTEROPE_TRY_STATUS(remove_tree(volume, attr.node, entry.name));
    return volume.rmdir(dir, name);
}

Status prepare(Volume& volume, const Life& life) {
    const Status removed = remove_tree(volume, kRootNode, Life::directory_of(life.number - kLivesKept - 1));
    if (!removed && removed.error().code != Errc::not_found) return removed;
    for (int i = 0; i < life.threads; ++i)
        ASTEROPE_TRY(make_directories(volume, life.directory(i), {.type = NodeType::directory, .mode = 0755}));
    return volume.sync();
}

void complain(const std::string& text) { std::fprintf(stderr, "victim: %s\n", text.c_str()); }

}  // namespace

Child::Child(const std::function<void()>& body) {
    const pid_t parent = ::getpid();
    std::fflush(nullptr);
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    try {
        body();
    } catch (const std::exception& error) {
        complain(error.what());
    }
    ::_exit(1);
}

bool Child::running() {
    if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
    return pid_ > 0;
}

void Child::kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    (void)wait();
}

int Child::wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void live_in_store(const std::string& store, const Life& life, EventLog& log) {
    const auto volume = LocalVolume::open(store, {});
    if (!volume) return complain(volume.error().text());
    if (const Status prepared = prepare(**volume, life); !prepared) return complain(prepared.error().text());
    live(life, log, [&](const std::string& directory) { return volume_target(**volume, directory); });
}

void live_in_mount(const std::string& mountpoint, const Life& life, EventLog& log) {
    std::filesystem::remove_all(mountpoint + "/" + Life::directory_of(life.number - kLivesKept - 1));
    for (int i = 0; i < life.threads; ++i) std::filesystem::create_directories(mountpoint + "/" + life.directory(i));
    live(life, log, [&](const std::string& directory) { return posix_target(mountpoint + "/" + directory); });
}

void only_open(const std::string& store) {
    const auto volume = LocalVolume::open(store, {});
    if (!volume) return complain(volume.error().text());
    ::pause();
}

}  // namespace asterope::crash
