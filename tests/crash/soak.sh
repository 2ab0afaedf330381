#!/usr/bin/env bash
# Crashes a store often: soak.sh [CUTS [KILLS [SEED]]]. CUTS power cuts on each filesystem, as many again after a kill and a recovery, and KILLS
# kills of a process and of a mount. Needs root and loop devices. BUILD names the build directory.
set -euo pipefail
build=${BUILD:-$(dirname "$0")/../../build}
export ASTEROPE_CUTS=${1:-200} ASTEROPE_KILLS=${2:-200}
[ $# -lt 3 ] || export ASTEROPE_SEED=$3
exec "$build/tests/crash_test" --gtest_filter='Crash.*'
