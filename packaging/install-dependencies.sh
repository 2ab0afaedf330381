#!/usr/bin/env bash
# Installs what AsteropeDB needs on Debian 12: to build (default), and with `tests` also what the tests run.
set -euo pipefail
build=(g++ cmake ninja-build pkg-config git libfuse3-dev fuse3 liblmdb-dev libmsgpack-cxx-dev libexpected-dev
       libboost-filesystem-dev libcli11-dev libspdlog-dev libfmt-dev nlohmann-json3-dev libxxhash-dev libnghttp2-dev
       attr python3-pydicom)
tests=(libgtest-dev libgmock-dev googletest rsync sqlite3 acl python3 fio vim perl make openssl procps bindfs
       mandoc zsh fish dpkg-dev)
packages=("${build[@]}")
[ "${1:-}" = tests ] && packages+=("${tests[@]}")
missing=()
for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
sudo=""; [ "$(id -u)" -eq 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q
$sudo apt-get install -q -y --no-install-recommends "${missing[@]}"
