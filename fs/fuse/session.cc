#include "fs/fuse/session.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>

#include "fs/fuse/device.h"
#include "fs/fuse/handlers.h"
#include "fs/fuse/lowlevel.h"

namespace asterope::fs::fuse {
namespace {

constexpr unsigned kRequestBytes = 1u << 20;  ///< the largest READ and WRITE that the kernel makes
constexpr unsigned kBackground = 64;          ///< read-ahead and asynchronous requests under way
constexpr unsigned kIdleThreads = 16;         ///< threads kept for the next burst

/// What libfuse prints while this thread opens a session becomes the Error; anything else goes to stderr as usual.
thread_local std::string* log_capture = nullptr;

__attribute__((format(printf, 2, 0))) void log_line(fuse_log_level, const char* format, va_list args) {
    char line[512];
    std::vsnprintf(line, sizeof line, format, args);
    if (log_capture != nullptr) {
        *log_capture += line;
    } else {
        std::fputs(line, stderr);
    }
}

class LogCapture {
  public:
    LogCapture() {
        fuse_set_log_func(log_line);
        log_capture = &text_;
    }
    ~LogCapture() { log_capture = nullptr; }
    LogCapture(const LogCapture&) = delete;
    LogCapture& operator=(const LogCapture&) = delete;

    /// What was said, as one line; `otherwise` if nothing.
    std::string line(std::string_view otherwise) const {
        std::string out = text_;
        while (!out.empty() && out.back() == '\n') out.pop_back();
        for (char& c : out) c = c == '\n' ? ' ' : c;
        return out.empty() ? std::string(otherwise) : out;
    }

  private:
    std::string text_;
};

void init(void* served, fuse_conn_info* conn) {
    conn->max_write = kRequestBytes;
    conn->max_read = kRequestBytes;
    conn->max_background = kBackground;
    conn->congestion_threshold = kBackground * 3 / 4;
    // Access control lists are checked by the kernel; the umask is then ours to apply, for a default list takes its place.
    // Replies by splice save a copy of what is read; requests by splice would only add a pipe before the copy.
    conn->want |= conn->capable & (FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE | FUSE_CAP_PARALLEL_DIROPS |
                                   FUSE_CAP_POSIX_ACL | FUSE_CAP_DONT_MASK);
    conn->want &= ~unsigned{FUSE_CAP_SPLICE_READ};
    // Its second version is asked for instead, in device.cc: it says what the caller's capabilities are.
    conn->want &= ~unsigned{FUSE_CAP_HANDLE_KILLPRIV};
    // Written bytes are with us when write() returns, so that a query and another process see them.
    conn->want &= ~unsigned{FUSE_CAP_WRITEBACK_CACHE};
    // Pages are dropped when we say so: not because a file's times have changed, which its own writes do.
    if (static_cast<Served*>(served)->filesystem.tells_of_changes()) {
        conn->want &= ~unsigned{FUSE_CAP_AUTO_INVAL_DATA};
        conn->want |= conn->capable & FUSE_CAP_EXPLICIT_INVAL_DATA;
    }
    if (const auto& ready = static_cast<Served*>(served)->service.ready) ready();
}

const fuse_lowlevel_ops& operations() {
    static const fuse_lowlevel_ops ops = [] {
        fuse_lowlevel_ops all{};
        all.init = init;
        add_name_handlers(all);
        add_file_handlers(all);
        add_dir_handlers(all);
        add_xattr_handlers(all);
        return all;
    }();
    return ops;
}

}  // namespace

Result<std::unique_ptr<Session>> Session::open(FileSystem& filesystem, const std::string& mountpoint,
                                               const std::string& options, Service service) {
    const LogCapture log;
    std::string list = options;
    std::string program = "asterope", flag = "-o";
    char* argv[] = {program.data(), flag.data(), list.data(), nullptr};
    fuse_args args = FUSE_ARGS_INIT(3, argv);
    std::unique_ptr<Session> session(new Session(filesystem, std::move(service)));
    session->session_ = fuse_session_new(&args, &operations(), sizeof(fuse_lowlevel_ops), &session->served_);
    fuse_opt_free_args(&args);
    if (session->session_ == nullptr)
        return fail(Errc::invalid, log.line("libfuse does not take the mount options"));
    if (fuse_session_mount(session->session_, mountpoint.c_str()) != 0) {
        return fail(Errc::not_permitted, log.line("cannot mount at '" + mountpoint + "'"));
    }
    ASTEROPE_TRY_STATUS(sit_before_device(session->session_));
    session->dropper_.emplace(session->session_);
    return session;
}

Session::~Session() {
    close();
}

Status Session::run(unsigned threads_max) {
    struct Config {
        fuse_loop_config* loop = fuse_loop_cfg_create();
        ~Config() { fuse_loop_cfg_destroy(loop); }
    } config;
    fuse_loop_cfg_set_clone_fd(config.loop, 1);
    fuse_loop_cfg_set_max_threads(config.loop, threads_max);
    fuse_loop_cfg_set_idle_threads(config.loop, kIdleThreads);
    const int result = fuse_session_loop_mt(session_, config.loop);
    if (result < 0) return fail_errno(-result, "the connection to the kernel broke");
    return {};
}

void Session::request_exit() {
    std::lock_guard lock(mutex_);
    if (session_ != nullptr) fuse_session_exit(session_);
}

void Session::close() {
    std::lock_guard lock(mutex_);
    if (session_ == nullptr) return;
    fuse_session_unmount(session_);
    dropper_.reset();
    fuse_session_destroy(session_);
    session_ = nullptr;
}

std::optional<std::uint32_t> Session::register_file(int fd) {
    std::lock_guard lock(mutex_);
    if (session_ == nullptr || !offers_passthrough(served_.handshake)) return std::nullopt;
    auto id = fuse::register_file(fuse_session_fd(session_), fd);
    if (id) return *id;
    if (served_.service.log) served_.service.log("files are not passed through to the kernel: " + id.error().text());
    return std::nullopt;
}

void Session::forget_file(std::uint32_t backing_id) {
    std::lock_guard lock(mutex_);
    if (session_ != nullptr) fuse::forget_file(fuse_session_fd(session_), backing_id);
}

}  // namespace asterope::fs::fuse
