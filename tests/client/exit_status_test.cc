#include "client/command/exit_status.h"

#include <gtest/gtest.h>
#include <sysexits.h>

namespace asterope::command {
namespace {

TEST(ExitStatus, EveryErrorHasOneAndAConflictOneOfItsOwn) {
    for (int i = 0; i < kErrcCount; ++i) {
        const auto code = static_cast<Errc>(i);
        EXPECT_GE(exit_status(code), EX__BASE) << name_of(code);
        EXPECT_NE(exit_status(code), EX_SOFTWARE) << name_of(code);
        EXPECT_EQ(exit_status(code) == EX_TEMPFAIL, code == Errc::conflict) << name_of(code);
    }
}

}  // namespace
}  // namespace asterope::command
