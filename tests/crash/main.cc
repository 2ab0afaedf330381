#include "tests/crash/loop_filesystem.h"
#include "tests/crash/own_mounts.h"

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    asterope::crash::no_mounts = asterope::crash::enter_mount_namespace();
    return RUN_ALL_TESTS();
}
