#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/filesystem.hpp>
#include <thread>

#include "client/command/command.h"
#include "client/command/log.h"
#include "client/command/mount_options.h"
#include "client/command/store_jobs.h"
#include "daemon/socket_server.h"
#include "daemon/volume_service.h"
#include "engine/core/transaction_table.h"
#include "engine/core/descriptor.h"
#include "engine/storage/local_volume.h"
#include "fs/mount.h"

namespace asterope::command {
namespace {

struct Arguments {
    std::string store, directory;
    std::vector<std::string> words;  ///< after -o
    ParsedOptions options;
    bool foreground = false;
};

/// Tells the waiting foreground process "ready" (an empty line) or "exit status, message".
class Announcement {
  public:
    explicit Announcement(int fd) : fd_(fd) {}
    void ready() { say("\n"); }
    void failed(const Error& error) { say(std::to_string(exit_status(error.code)) + " " + error.text() + "\n"); }

  private:
    void say(const std::string& line) {
        if (fd_ && ::write(fd_.get(), line.data(), line.size()) < 0) return;
        fd_ = Descriptor();
    }
    Descriptor fd_;
};

/// Other commands reach this process by a socket in the store's directory.
Result<std::unique_ptr<daemon::SocketServer>> serve_socket(daemon::VolumeService& service, const std::string& store) {
    struct stat status {};
    if (::stat(store.c_str(), &status) != 0) return fail_errno(errno, "'" + store + "'");
    return daemon::SocketServer::start(service, socket_path(store), status.st_uid);
}

/// Opens and mounts the store, and serves it until it is unmounted. Logs and `announcement` tell how it goes.
Status serve(const Arguments& arguments, Announcement& announcement) {
    // SIGTERM and SIGINT unmount; they are taken by a thread, so no handler is needed.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    const auto volume = ASTEROPE_TRY(LocalVolume::open(
        arguments.store, {.on_replace = arguments.options.on_replace,
                          .durability = arguments.options.durability,
                          .scrub_every = arguments.options.scrub_every,
                          .log = [](std::string_view line) { log_line(line); }}));
    TransactionTable transactions(*volume);
    StoreJobs jobs(*volume);
    std::atomic<fs::Mount*> mounted = nullptr;
    daemon::VolumeService service(*volume, transactions, jobs.calls(), [&] {
        if (fs::Mount* const mount = mounted) mount->settle();
    });
    const auto server = ASTEROPE_TRY(serve_socket(service, volume->info().description));
    fs::MountOptions options = arguments.options.mount;
    options.filesystem.mountpoint = arguments.directory;
    options.filesystem.transactions = &transactions;
    options.ready = [&] { announcement.ready(); };
    options.log = [](std::string_view line) { log_line(line); };
    const auto mount = ASTEROPE_TRY(fs::mount(*volume, arguments.directory, options));
    mounted = mount.get();
    log_line("mounted " + volume->info().description + " at " + arguments.directory);
    std::thread unmounter([&] {
        int signal = 0;
        while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) continue;
        if (signal != SIGUSR1) mount->stop();
    });
    const Status ended = mount->run();
    pthread_kill(unmounter.native_handle(), SIGUSR1);
    unmounter.join();
    server->stop();
    const Status synced = volume->sync();
    log_line("unmounted " + arguments.directory);
    return ended ? synced : ended;
}

/// The background process: a session of its own, without the terminal.
[[noreturn]] void run_in_background(const Arguments& arguments, Descriptor pipe) {
    ::setsid();
    if (const auto null = open_file("/dev/null", O_RDWR))
        for (const int fd : {0, 1, 2}) ::dup2(null->get(), fd);
    start_log(arguments.options.log);
    // No directory of another filesystem is to be busy because of this process. Cannot fail for the root.
    [[maybe_unused]] const int moved = ::chdir("/");
    const int announce_to = ::fcntl(pipe.get(), F_DUPFD_CLOEXEC, 3);
    pipe = Descriptor();
    Announcement announcement(announce_to);
    const Status done = serve(arguments, announcement);
    if (!done) {
        log_line("error: " + done.error().text());
        announcement.failed(done.error());
    }
    ::_exit(done ? 0 : exit_status(done.error().code));
}

/// Waits for what the background process announces.
int wait_until_ready(int fd) {
    std::string line;
    char byte = 0;
    while (::read(fd, &byte, 1) == 1 && byte != '\n') line += byte;
    if (byte == '\n' && line.empty()) return 0;
    const std::size_t space = line.find(' ');
    if (space == std::string::npos) {
        std::fprintf(stderr, "asterope: the mounting process died: see the log\n");
        return EX_SOFTWARE;
    }
    std::fprintf(stderr, "asterope: %s\n", line.substr(space + 1).c_str());
    return std::atoi(line.c_str());
}

int mount_in_background(const Arguments& arguments) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return report(system_error(errno, "pipe"));
    Descriptor in(ends[0]), out(ends[1]);
    const pid_t child = ::fork();
    if (child < 0) return report(system_error(errno, "fork"));
    if (child == 0) {
        in = Descriptor();
        run_in_background(arguments, std::move(out));
    }
    out = Descriptor();
    return wait_until_ready(in.get());
}

int mount_in_foreground(const Arguments& arguments) {
    arguments.options.log.empty() ? log_to_stderr() : start_log(arguments.options.log);
    Announcement nobody(-1);
    const Status done = serve(arguments, nobody);
    return done ? 0 : report(done.error());
}

int run(Arguments arguments) {
    auto options = parse_mount_options(arguments.words, std::move(arguments.options));
    if (!options) return report(options.error());
    arguments.options = std::move(*options);
    // Both are made absolute before the background process leaves this directory.
    boost::system::error_code error;
    const auto directory = boost::filesystem::canonical(arguments.directory, error);
    if (!error) arguments.directory = directory.string();
    const auto store = boost::filesystem::canonical(arguments.store, error);
    if (!error) arguments.store = store.string();
    if (arguments.directory == arguments.store || arguments.directory.starts_with(arguments.store + "/"))
        return report({Errc::invalid, "a store cannot be mounted over itself: choose another directory"});
    return arguments.foreground ? mount_in_foreground(arguments) : mount_in_background(arguments);
}

}  // namespace

void add_mount_command(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<Arguments>();
    auto* const command = app.add_subcommand("mount", "Mount a store; returns when the mount is ready");
    command->add_option("STORE", arguments->store)->required();
    command->add_option("DIRECTORY", arguments->directory, "an empty directory")->required();
    command->add_flag("-f,--foreground", arguments->foreground, "stay in the foreground");
    command->add_flag("--query-only", arguments->options.mount.filesystem.query_only, "show only the query tree");
    command->add_flag("--read-only", arguments->options.mount.read_only);
    command->add_option("-o", arguments->words, "mount options: ro, allow_other, query_dir=NAME, on_replace=inherit|posix|merge, durability=sync|second|none, scrub=DAYS, noatime, ...")
        ->delimiter(',')
        ->allow_extra_args(false);
    command->add_option("--log", arguments->options.log, "write the log to this file instead of syslog");
    command->callback([=, &exit_code] { exit_code = run(*arguments); });
}

}  // namespace asterope::command
