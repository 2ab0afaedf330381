#!/usr/bin/env bash
# Installs what is needed, builds everything, and runs every test.
set -euo pipefail
cd "$(dirname "$0")/.."
packaging/install-dependencies.sh tests
cmake --preset release
cmake --build --preset release --parallel "$(nproc)"
ctest --preset release --no-tests=error --timeout 900 "$@"
