#!/usr/bin/env bash
# Transactions with the tools that everyone has.
. "$(dirname "$0")/mounted.sh"
tx=$mnt/.asterope/tx
error() { getfattr -n user.asterope.error --only-values --absolute-names "$tx"; }
# The command fails, and says so with these words.
refused() {
    local words=$1 status=0
    shift
    "$@" 2> "$work/err" || status=$?
    [ "$status" -ne 0 ] || fail "not refused: $*"
    [[ $(cat "$work/err") == *"$words"* ]] || fail "$*: expected '$words', got '$(cat "$work/err")'"
}

# The commit loses: rename(2) says EAGAIN. (mv says that the directory cannot be found, as it looks for it again.)
loses() {
    /usr/bin/python3 - "$1" "$tx/.commit" <<'PY' || fail "commit of $1"
import errno, os, sys
try:
    os.rename(sys.argv[1], sys.argv[2])
    sys.exit("it was committed")
except OSError as e:
    if e.errno != errno.EAGAIN: raise
PY
}

echo before > "$mnt/old"
setfattr -n user.kind -v old "$mnt/old"
same "$(ls -A "$mnt")" $'old\nquery' "the hidden directory in a listing"
same "$(ls "$mnt/.asterope")" $'snapshots\ntx' "the hidden directory, asked for by name"

# Seen inside, not outside; after the commit, outside at once.
mkdir "$tx/import"
same "$(ls "$tx")" import "the open transactions"
head -c 300000 /dev/urandom > "$work/large"
cp "$work/large" "$tx/import/large"
mkdir "$tx/import/study"
cp "$mnt/old" "$tx/import/study/copy"
setfattr -n user.kind -v new "$tx/import/large" "$tx/import/study/copy"
echo after > "$tx/import/old"
same "$(cd "$tx/import/query/kind=new" && echo *)" "large study%2Fcopy" "results inside"
cmp "$work/large" "$tx/import/query/kind=new/large"
same "$(cat "$mnt/query/kind=new/.count")" 0 "results outside before the commit"
same "$(cat "$mnt/old")" before "content outside before the commit"
[ ! -e "$mnt/large" ] || fail "a new file is visible outside"
ls -l "$mnt" "$mnt/query/kind=new" > "$work/seen-before"
mv "$tx/import" "$tx/.commit"
same "$(cat "$mnt/old")" after "content outside after the commit"
same "$(stat -c %s "$mnt/old")" 6 "size outside after the commit"
cmp "$work/large" "$mnt/large"
same "$(cd "$mnt/query/kind=new" && echo *)" "large study%2Fcopy" "results outside"
same "$(ls -A "$tx")" "" "transactions left"
[ ! -e "$tx/.commit" ] || fail ".commit is a name that is never there"

# Of two that change the same, the second is told.
mkdir "$tx/first" "$tx/second"
setfattr -n user.n -v 1 "$tx/first/old"
setfattr -n user.n -v 2 "$tx/second/old"
mv "$tx/first" "$tx/.commit"
loses "$tx/second"
[[ $(error) == *"changed the same"* ]] || fail "no reason: $(error)"
[ ! -e "$tx/second" ] || fail "the loser is still there"
same "$(getfattr -n user.n --only-values --absolute-names "$mnt/old")" 1 "the winner's value"

mkdir "$tx/third" "$tx/fourth"
setfattr -n user.n -v 3 "$tx/third/old"
setfattr -n user.n -v 4 "$tx/fourth/old"
mv "$tx/third" "$tx/.commit"
refused "$tx/fourth" mv "$tx/fourth" "$tx/.commit"

# The name chooses the isolation.
mkdir "$tx/report@serializable"
cat "$tx/report@serializable/query/kind=new/.count" > "$tx/report@serializable/count"
setfattr -n user.kind -v new "$mnt/old"
loses "$tx/report@serializable"
[[ $(error) == *"read"* ]] || fail "no reason: $(error)"
refused "Invalid argument" mkdir "$tx/x@safe"

# rmdir aborts, and nothing of it stays.
mkdir "$tx/mistake"
rm -r "$tx/mistake/study" "$tx/mistake/large"
cp "$work/large" "$tx/mistake/another"
rmdir "$tx/mistake"
cmp "$work/large" "$mnt/large"
[ ! -e "$mnt/another" ] || fail "an aborted file is there"

# Files are copied in and out, never moved by name alone.
mkdir "$tx/move"
mv "$mnt/large" "$tx/move/moved"
[ ! -e "$mnt/large" ] || fail "mv did not remove what it copied"
refused "cross-device" ln "$mnt/old" "$tx/move/link"
mv "$tx/move" "$tx/.commit"
cmp "$work/large" "$mnt/moved"

# What is open inside when it ends is stale afterwards, and harms nobody.
mkdir "$tx/ends"
exec 5> "$tx/ends/open"
echo written >&5
(cd "$tx/ends" && rmdir "$tx/ends" && refused "Stale file handle" ls) || exit 1
(echo more >&5) 2> "$work/err" && fail "a write after the end succeeded"
exec 5>&- || true

# Another user cannot enter.
chmod 755 "$work"
mkdir "$tx/private"
refused "Permission denied" setpriv --reuid 65534 --regid 65534 --clear-groups ls "$tx/private"
setpriv --reuid 65534 --regid 65534 --clear-groups mkdir "$tx/anyones"
same "$(stat -c %F "$tx/anyones")" directory "root looks into everyone's"
rmdir "$tx/private" "$tx/anyones"

# A patch of several fields, if the file is still what was read.
version=$(getfattr -n user.asterope.version --only-values --absolute-names "$mnt/old")
patch="{\"\$if\":{\"version\":$version},\"a\":1,\"n\":null}"
setfattr -n user.asterope.patch -v "$patch" "$mnt/old"
refused "Device or resource busy" setfattr -n user.asterope.patch -v "$patch" "$mnt/old"
same "$(getfattr -n user.asterope.json --only-values --absolute-names "$mnt/old")" '{"a":1,"kind":"new"}' "the patched document"

# A snapshot shows what was, and gives it back.
mkdir "$mnt/.asterope/snapshots/monday"
rm -rf "$mnt/study" "$mnt/moved"
refused "Read-only file system" touch "$mnt/.asterope/snapshots/monday/new"
same "$(cd "$mnt/.asterope/snapshots/monday/query/kind=new" && echo *)" "moved old study%2Fcopy" "results in the snapshot"
cp -a "$mnt/.asterope/snapshots/monday/study" "$mnt/"
cmp "$work/large" "$mnt/.asterope/snapshots/monday/moved"
same "$(cd "$mnt/query/kind=new" && echo *)" "old study%2Fcopy" "results after the copy back"
remount
cmp "$work/large" "$mnt/.asterope/snapshots/monday/moved"
rmdir "$mnt/.asterope/snapshots/monday"
same "$(ls -A "$mnt/.asterope/snapshots")" "" "snapshots left"
cp "$work/large" "$mnt/moved"

# Many in a row leave no trace in the process.
for i in $(seq 50); do
    mkdir "$tx/loop"
    echo "$i" > "$tx/loop/counter"
    mv "$tx/loop" "$tx/.commit"
done
same "$(cat "$mnt/counter")" 50 "fifty commits"

# One that is open when the process is killed leaves nothing.
mkdir "$tx/lost"
cp "$work/large" "$tx/lost/never"
pid=$(pgrep -f "mount $store $mnt")
kill -9 "$pid"
until flock -n "$store/lock" true; do sleep 0.05; done
umount -l "$mnt"
"$ASTEROPE" check "$store"
"$ASTEROPE" mount "$store" "$mnt" --log "$work/log"
same "$(ls -A "$tx")" "" "transactions after kill -9"
[ ! -e "$mnt/never" ] || fail "an uncommitted file is there"
cmp "$work/large" "$mnt/moved"
finish
