# Sourced by the tests: makes a store and mounts it at $mnt; cleans up whatever happens.
set -euo pipefail
[ -w /dev/fuse ] || { echo "SKIPPED: /dev/fuse is not writable here"; exit 77; }
[ "$(id -u)" -eq 0 ] || { echo "SKIPPED: needs root"; exit 77; }
work=$(mktemp -d)
store=$work/store mnt=$work/mnt
cleanup() {
    local status=$?
    [ $status -eq 0 ] || { echo "--- log of the mount"; cat "$work/log" 2>/dev/null || true; }
    umount -l "$mnt" 2>/dev/null || true
    rm -rf --one-file-system "$work"
}
trap cleanup EXIT
mkdir "$mnt"
"$ASTEROPE" init "$store"
"$ASTEROPE" mount "$store" "$mnt" --log "$work/log"

fail() { echo "FAILED: $*"; exit 1; }
same() { [ "$1" = "$2" ] || fail "$3: expected '$2', got '$1'"; }
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
