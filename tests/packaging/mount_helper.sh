#!/usr/bin/env bash
# mount(8), umount(8) and fstab(5) know the filesystem by the installed helpers. Runs in a mount and process namespace of
# its own, where /sbin and /etc/fstab are ours; so nothing is left when it ends, whatever happens.
set -euo pipefail
if [ "${1:-}" != inside ]; then
    [ -w /dev/fuse ] || { echo "SKIPPED: /dev/fuse is not writable here"; exit 77; }
    [ "$(id -u)" -eq 0 ] || { echo "SKIPPED: needs root"; exit 77; }
    unshare --mount --pid --fork true 2>/dev/null || { echo "SKIPPED: needs namespaces"; exit 77; }
    work=$(mktemp -d)
    trap 'rm -rf --one-file-system "$work"' EXIT
    unshare --mount --pid --fork --kill-child --mount-proc "$0" inside "$work"
    exit
fi

work=$2
store=$work/store mnt=$work/mnt
trap '[ $? -eq 0 ] || cat "$work/log" 2>/dev/null || true' EXIT
fail() { echo "FAILED: $*"; exit 1; }
options_of() { findmnt -n -o OPTIONS "$mnt"; }
mounted() { [ "$(findmnt -n -o FSTYPE "$mnt")" = fuse.asterope ] || fail "$1: not mounted"; }
gone() {
    ! mountpoint -q "$mnt" || fail "$1: still mounted"
    # The mounting process has let go of the store, so its content is on disk.
    flock --nonblock "$store/lock" true || fail "$1: the store is still in use"
}

DESTDIR="$work/root" "$CMAKE" --install "$BUILD" --prefix /usr --component runtime > /dev/null
mkdir "$work/sbin" "$mnt"
cp -a /usr/sbin/. "$work/root/usr/sbin/." "$work/sbin"
mount --bind "$work/sbin" /usr/sbin
mount -t tmpfs none /run/mount
mkdir "$work/bin"
ln -s "$work/root/usr/bin/asterope" "$work/bin/asterope"
for helper in mount.asterope mount.fuse.asterope umount.asterope; do ln -sf "$work/bin/asterope" "/sbin/$helper"; done
"$work/bin/asterope" init "$store"

mount -t asterope "$store" "$mnt" -o "log=$work/log,on_replace=posix,query_dir=find"
mounted "mount -t asterope"
echo hello > "$mnt/file"
setfattr -n user.kind -v greeting "$mnt/file"
[ "$(cat "$mnt/find/kind=greeting/file")" = hello ] || fail "query_dir=find"
umount "$mnt"
gone umount

mount -t asterope "$store" "$mnt" -o "ro,log=$work/log"
[[ ,$(options_of), == *,ro,* ]] || fail "-o ro: $(options_of)"
! touch "$mnt/new" 2>/dev/null || fail "-o ro: a file was made"
mount -o remount,rw "$mnt"
touch "$mnt/new" || fail "remount,rw: no file can be made"
umount "$mnt"
gone "umount after a remount"

cat > "$work/fstab" <<END
$store $mnt asterope log=$work/log,noatime,nofail,_netdev,x-systemd.automount,x-systemd.idle-timeout=1min,comment=test 0 0
END
mount --bind "$work/fstab" /etc/fstab
mount "$mnt"
mounted "mount by fstab"
[[ ,$(options_of), == *,noatime,* ]] || fail "noatime of fstab: $(options_of)"
mount -a
[ "$(findmnt -n "$mnt" | wc -l)" -eq 1 ] || fail "mount -a mounted a second time"
(cd "$mnt" && ! umount "$mnt" 2>"$work/err") || fail "umount of a busy mount"
grep -q busy "$work/err" || fail "no clear word for a busy mount: $(cat "$work/err")"
exec 3< "$mnt/file"
umount -l "$mnt"
! mountpoint -q "$mnt" || fail "umount -l: still mounted"
[ "$(cat <&3)" = hello ] || fail "umount -l: the open file cannot be read"
exec 3<&-
flock --timeout 60 "$store/lock" true || fail "umount -l: the store is in use for ever"

status=0
mount -t asterope "$store" "$mnt" -o "no_such_option,log=$work/log" 2>"$work/err" || status=$?
[ $status -ne 0 ] || fail "an unknown option was taken"
grep -q no_such_option "$work/err" || fail "no clear word for an unknown option: $(cat "$work/err")"
mount -s -t asterope "$store" "$mnt" -o "no_such_option,log=$work/log"
mounted "mount -s with an unknown option"
umount "$mnt"
gone "umount after mount -s"
mount -f -t asterope "$store" "$mnt"
gone "mount -f does nothing"
mount -t asterope "$work/no-such-store" "$mnt" 2>"$work/err" && fail "a store that is not there was mounted"
grep -q no-such-store "$work/err" || fail "no clear word for a missing store: $(cat "$work/err")"
"$work/bin/asterope" check "$store"

# A user mounts and unmounts his own store by a line of fstab.
chmod 755 "$work"
mknod -m 666 "$work/fuse" c 10 229
mount --bind "$work/fuse" /dev/fuse
user() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
mkdir "$work/his"
echo "$work/his/store $work/his/mnt asterope noauto,user,log=$work/his/log 0 0" >> "$work/fstab"
chown 65534:65534 "$work/his"
user "$work/bin/asterope" init "$work/his/store"
user mkdir "$work/his/mnt"
user mount "$work/his/mnt"
user sh -c "echo mine > '$work/his/mnt/file'" || fail "a user cannot write to his mount"
[[ ,$(findmnt -n -o OPTIONS "$work/his/mnt"), == *,user_id=65534,* ]] || fail "the mount is not the user's"
user umount "$work/his/mnt"
! mountpoint -q "$work/his/mnt" || fail "a user cannot unmount"

umount /etc/fstab
umount /usr/sbin
umount /dev/fuse
[ ! -s /run/mount/utab ] || fail "left in the table of libmount: $(cat /run/mount/utab)"
echo ok
