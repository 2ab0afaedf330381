# Sourced by the tests: makes a store and mounts it at $mnt; cleans up whatever happens. With SOAK=1 tests take the long way.
set -euo pipefail
[ -w /dev/fuse ] || { echo "SKIPPED: /dev/fuse is not writable here"; exit 77; }
[ "$(id -u)" -eq 0 ] || { echo "SKIPPED: needs root"; exit 77; }
work=$(mktemp -d)
store=$work/store mnt=$work/mnt
cleanup() {
    local status=$?
    [ $status -eq 0 ] || { echo "--- log of the mount"; cat "$work/log" 2>/dev/null || true; }
    kill $(jobs -p) 2>/dev/null || true
    for place in "$mnt" "$work"/mnt?*; do umount -l "$place" 2>/dev/null || true; done
    [ ! -e "$store/lock" ] || flock -w 60 "$store/lock" true || true  # until its process has ended
    rm -rf --one-file-system "$work"
}
trap cleanup EXIT
mkdir "$mnt"
"$ASTEROPE" init "$store"
"$ASTEROPE" mount "$store" "$mnt" --log "$work/log"

fail() { echo "FAILED: $*"; exit 1; }
same() { [ "$1" = "$2" ] || fail "$3: expected '$2', got '$1'"; }
xattr() { getfattr -n "user.$1" --only-values --absolute-names "$2"; }
mount_pid() { pgrep -f "mount $store $mnt"; }
# Runs every command line at once, each in a process of its own; all must succeed.
at_once() {
    local pids=() pid
    for command in "$@"; do $command & pids+=($!); done
    for pid in "${pids[@]}"; do wait "$pid" || fail "one of: $*"; done
}
# Unmounts, checks the store, mounts it again.
remount() {
    "$ASTEROPE" umount "$mnt"
    "$ASTEROPE" check "$store"
    "$ASTEROPE" mount "$store" "$mnt" --log "$work/log"
}
finish() {
    "$ASTEROPE" umount "$mnt"
    "$ASTEROPE" check "$store"
    ! mountpoint -q "$mnt" || fail "still mounted"
    echo "ok"
}
