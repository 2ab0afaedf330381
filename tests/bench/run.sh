#!/usr/bin/env bash
# Every benchmark, as tables in Markdown. Usage: run.sh [BUILD] [options of mount_bench]; BUILD is a build directory ("build").
# The mount is measured beside the filesystem below it, bindfs, and (with SSHFS=1) sshfs without a network, all in $TMPDIR, on one disk.
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "${1:-$source/build}" && pwd)
shift || true
cmake --build "$build" --target asterope mount_bench store_bench kv_bench >&2

work=$(mktemp -d)
cleanup() {
    for mnt in asterope bindfs sshfs; do umount -l "$work/$mnt" 2>/dev/null || true; done
    [ ! -e "$work/store/lock" ] || flock -w 60 "$work/store/lock" true || true
    rm -rf --one-file-system "$work"
}
trap cleanup EXIT
mkdir "$work"/{bare,asterope,below,bindfs}
"$build/bin/asterope" init "$work/store"
"$build/bin/asterope" mount "$work/store" "$work/asterope" --log "$work/log"
places=("bare=$work/bare" "AsteropeDB=$work/asterope")
if command -v bindfs >/dev/null; then
    bindfs "$work/below" "$work/bindfs"
    places+=("bindfs=$work/bindfs")
fi
if [ "${SSHFS:-}" = 1 ]; then
    mkdir "$work"/{server,sshfs}
    printf '#!/bin/sh\nexec /usr/lib/openssh/sftp-server\n' > "$work/no-network"
    chmod +x "$work/no-network"
    sshfs -o "ssh_command=$work/no-network" "localhost:$work/server" "$work/sshfs"
    places+=("sshfs=$work/sshfs")
fi
tar -C /usr/include -cf "$work/archive" .
printf '### The mount: %s, Linux %s, %s cores\n\n' "$(findmnt -no FSTYPE -T "$work")" "$(uname -r)" "$(nproc)"
"$build/bin/mount_bench" --archive "$work/archive" "$@" "${places[@]}"
printf '\n### The engine\n\n```\n'
"$build/bin/kv_bench" "$work/kv"
"$build/bin/store_bench"
printf '```\n'
