#!/usr/bin/env bash
# cp, diff, rsync and tar see the same tree inside as outside.
. "$(dirname "$0")/mounted.sh"
cp -a /usr/include "$mnt/include"
diff -r --no-dereference /usr/include "$mnt/include" || fail "diff after cp -a"
left=$(rsync -aHAXn --checksum --itemize-changes /usr/include/ "$mnt/include/")
same "$left" "" "rsync has nothing to do"
remount
diff -r --no-dereference /usr/include "$mnt/include" || fail "diff after a remount"
setfattr -n user.kind -v header "$mnt/include/stdio.h"
setfattr -n user.binary -v 0x00ff0a "$mnt/include/stdio.h"
tar -C "$mnt" --xattrs -cf "$work/one.tar" include
mkdir "$mnt/again"
tar -C "$mnt/again" --xattrs -xf "$work/one.tar"
diff -r --no-dereference "$mnt/include" "$mnt/again/include" || fail "diff after tar"
same "$(getfattr -d -e hex --absolute-names "$mnt/again/include/stdio.h" | tail -n +2)" \
     "$(getfattr -d -e hex --absolute-names "$mnt/include/stdio.h" | tail -n +2)" "attributes after tar"
same "$(cat "$mnt/query/kind=header/.count")" 2 "both copies are found"
rm -r "$mnt/again"
same "$(cat "$mnt/query/kind=header/.count")" 1 "one copy is left"
finish
