#!/usr/bin/env bash
# cp, diff, rsync and tar see the same tree inside as outside.
. "$(dirname "$0")/mounted.sh"
tree=/usr/share/doc
[ "${SOAK:-}" != 1 ] || tree=/usr
[ -d "$tree" ] || { echo "SKIPPED: no $tree"; exit 77; }
# What rsync would still have to do to make the second like the first, by content, owners, times, links, ACLs and attributes.
left_to_do() { rsync -aHAXn --delete --checksum --itemize-changes "$1/" "$2/"; }

cp -a "$tree" "$mnt/tree"
diff -r --no-dereference "$tree" "$mnt/tree" || fail "diff after cp -a"
same "$(left_to_do "$tree" "$mnt/tree")" "" "rsync after cp -a"
remount
same "$(left_to_do "$tree" "$mnt/tree")" "" "rsync after a remount"

# A tree of our own with what a package's documents lack: attributes, hard links, ACLs, holes, odd files.
odd=$mnt/odd
mkdir "$odd" "$odd/empty"
cp -r "$SOURCE/engine" "$odd/engine"
setfattr -n user.kind -v header "$odd/engine/core/value.h"
setfattr -n user.binary -v 0x00ff0a "$odd/engine/core/value.h"
ln "$odd/engine/core/value.h" "$odd/hard"
ln -s nowhere "$odd/dangling"
mkfifo "$odd/fifo"
truncate -s 100M "$odd/sparse" && printf end >> "$odd/sparse"
chmod 2750 "$odd/empty"
setfacl -m u:nobody:rw -m d:g:daemon:r "$odd/engine"

rsync -aHAXS "$odd/" "$work/out/"
same "$(left_to_do "$odd" "$work/out")" "" "rsync out of the mount"
rsync -aHAXS "$work/out/" "$mnt/back/"
same "$(left_to_do "$odd" "$mnt/back")" "" "rsync into the mount"
mkdir "$mnt/again"
tar -C "$odd" --xattrs --acls --sparse -cf "$work/one.tar" .
tar -C "$mnt/again" --xattrs --xattrs-include='*' --acls -xpf "$work/one.tar"
same "$(left_to_do "$odd" "$mnt/again")" "" "tar out and in"
tar -C "$mnt/again" --xattrs -df "$work/one.tar" || fail "tar --compare"
same "$(stat -c %h "$mnt/again/hard")" 2 "names of a hard link"
[ "$(stat -c %b "$mnt/again/sparse")" -lt 2048 ] || fail "a sparse file was filled"
same "$(cat "$mnt/query/kind=header/.count")" 3 "all copies are found"
rm -r "$mnt/again"
same "$(cat "$mnt/query/kind=header/.count")" 2 "two copies are left"
finish
