#!/usr/bin/env bash
# fio writes blocks with checksums in every way that Linux has, and finds them again, also after a remount.
. "$(dirname "$0")/mounted.sh"
command -v fio >/dev/null || { echo "SKIPPED: fio is not installed"; exit 77; }
size=8M
[ "${SOAK:-}" != 1 ] || size=1G
verify() {
    local name=$1
    shift
    fio --name="$name" --directory="$mnt" --size=$size --verify=crc32c --verify_fatal=1 --randseed=1 --verify_state_save=0 --minimal "$@" \
        > "$work/fio" 2>&1 || { cat "$work/fio"; fail "fio $name $*"; }
}
every_engine() {
    verify psync --ioengine=psync --rw=randwrite --bsrange=512-128k --end_fsync=1 "$@"
    verify mmap --ioengine=mmap --rw=randwrite --bs=4k "$@"
    verify libaio --ioengine=libaio --iodepth=16 --direct=1 --rw=randwrite --bs=4k "$@"
    verify io_uring --ioengine=io_uring --iodepth=16 --rw=randwrite --bsrange=4k-64k "$@"
    verify append --ioengine=psync --rw=write --bs=61k --fsync=50 "$@"
    verify shared --ioengine=psync --rw=randwrite --bs=4k --numjobs=4 "$@"
}
every_engine
remount
every_engine --verify_only
finish
