#include "client/command/run_program.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace asterope::command {

Result<int> run_program(std::vector<std::string> command) {
    ASTEROPE_CHECK(!command.empty());
    std::vector<char*> argv;
    for (std::string& word : command) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t child = -1;
    const int failed = ::posix_spawnp(&child, argv[0], nullptr, nullptr, argv.data(), environ);
    if (failed == ENOENT) return 127;
    if (failed != 0) return fail_errno(failed, "running " + command[0]);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return fail_errno(errno, "waiting for " + command[0]);
    if (!WIFEXITED(status)) return fail(Errc::io, command[0] + " was killed");
    return WEXITSTATUS(status);
}

}  // namespace asterope::command
