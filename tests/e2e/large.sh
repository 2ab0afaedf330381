#!/usr/bin/env bash
# A large file goes in and out with the same bytes, in constant memory.
. "$(dirname "$0")/mounted.sh"
mib=256
[ "${SOAK:-}" != 1 ] || mib=4096
anonymous_kib() { awk '$1 == "RssAnon:" {print $2}' "/proc/$(mount_pid)/status"; }
# The same stream of bytes each time, and nothing that could be stored shorter.
stream() { openssl enc -aes-128-ctr -pass pass:asterope -nosalt -pbkdf2 < /dev/zero 2>/dev/null | dd bs=1M count=$mib iflag=fullblock status=none; }
expected=$( (stream || true) | sha256sum)
(stream || true) | dd of="$mnt/large" bs=1M iflag=fullblock conv=fsync status=none
same "$(stat -c %s "$mnt/large")" $((mib * 1048576)) "size"
same "$(dd if="$mnt/large" bs=1M status=none | sha256sum)" "$expected" "what was read"
[ "$(anonymous_kib)" -lt 65536 ] || fail "$(anonymous_kib) KiB of memory after $mib MiB"
cp "$mnt/large" "$mnt/copy"
remount
same "$(sha256sum < "$mnt/copy")" "$expected" "a copy after a remount"
[ "$(anonymous_kib)" -lt 65536 ] || fail "$(anonymous_kib) KiB of memory after reading"
finish
