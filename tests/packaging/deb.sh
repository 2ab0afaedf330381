#!/usr/bin/env bash
# The Debian packages install, work and uninstall, on a view of this system whose changes are kept in memory and dropped.
set -euo pipefail
if [ "${1:-}" != inside ]; then
    command -v dpkg-shlibdeps > /dev/null || { echo "SKIPPED: needs dpkg-dev"; exit 77; }
    [ "$(id -u)" -eq 0 ] || { echo "SKIPPED: needs root"; exit 77; }
    unshare --mount --pid --fork true 2>/dev/null || { echo "SKIPPED: needs namespaces"; exit 77; }
    work=$(mktemp -d)
    trap 'rm -rf --one-file-system "$work"' EXIT
    unshare --mount --pid --fork --kill-child --mount-proc "$0" inside "$work"
    exit
fi

work=$2
fail() { echo "FAILED: $*"; exit 1; }
(cd "$work" && "${CMAKE%cmake}cpack" -G DEB --config "$BUILD/CPackConfig.cmake" -B "$work/packages" > "$work/log" 2>&1) ||
    { cat "$work/log"; fail "cpack"; }
ls -sh "$work/packages/"*.deb

mkdir "$work/memory"
mount -t tmpfs none "$work/memory"
for folder in usr var etc; do
    mkdir -p "$work/memory/$folder/new" "$work/memory/$folder/work"
    mount -t overlay overlay "/$folder" \
        -o "lowerdir=/$folder,upperdir=$work/memory/$folder/new,workdir=$work/memory/$folder/work" ||
        { echo "SKIPPED: no overlay filesystem here"; exit 77; }
done
mount -t tmpfs none /run/mount

dpkg -i "$work/packages/"*.deb > "$work/log" 2>&1 || { cat "$work/log"; fail "dpkg -i"; }
[ "$(command -v asterope)" = /usr/bin/asterope ] || fail "asterope is not in the PATH"
asterope init "$work/store"
mkdir "$work/mnt"
if [ -w /dev/fuse ]; then
    mount -t asterope "$work/store" "$work/mnt" -o "log=$work/log"
    echo hello > "$work/mnt/file"
    umount "$work/mnt"
fi
asterope check "$work/store"
[ -f /usr/share/man/man1/asterope.1.gz ] || fail "no man page"
"$CMAKE" -S "$SOURCE/tests/packaging/outside" -B "$work/build" -DEXAMPLE="$SOURCE/client/examples/scans.cc" > "$work/log" 2>&1 ||
    { cat "$work/log"; fail "CMake does not find the packages"; }

files=$(dpkg -L asterope libasterope-dev)
dpkg -r libasterope-dev asterope > "$work/log" 2>&1 || { cat "$work/log"; fail "dpkg -r"; }
while read -r file; do
    [[ $file != *asterope* ]] || [ ! -e "$file" ] || fail "$file is left"
done <<< "$files"
echo ok
