#!/usr/bin/env bash
# Transactions and snapshots by the command, on a mounted store and on one at rest.
. "$(dirname "$0")/mounted.sh"
asterope() { "$ASTEROPE" "$@"; }
# exits STATUS WORD COMMAND...: the command fails with that status and says WORD.
exits() {
    local wanted=$1 word=$2 status=0
    shift 2
    "$@" >"$work/out" 2>"$work/err" || status=$?
    same "$status" "$wanted" "exit status of '$*' ($(cat "$work/err"))"
    grep -qF -- "$word" "$work/err" || fail "'$*' does not say '$word': $(cat "$work/err")"
}

echo old | asterope put "$store" - a.txt --meta kind=old
asterope tx begin "$store" work --isolation serializable --durability sync
echo new | asterope put "$store" - study/b.txt --tx work --meta kind=new
asterope meta set "$mnt" a.txt reviewed=yes --tx work
asterope mv "$store" a.txt study/a.txt --tx work
same "$(asterope query "$store" 'exists(kind)' --tx work)" "study/a.txt
study/b.txt" "a query in the transaction"
same "$(asterope get "$store" study/a.txt - --tx work)" old "content in the transaction"
same "$(asterope meta get "$store" study/a.txt reviewed --tx work)" yes "metadata in the transaction"
same "$(asterope ls "$store" --tx work)" "study/" "a listing in the transaction"
same "$(asterope ls "$store")" "a.txt" "a listing outside"
[ ! -e "$mnt/study" ] || fail "the mount shows what is not committed"
same "$(asterope tx list "$store")" work "tx list"
same "$(asterope tx list "$mnt" --json)" '{"name":"work"}' "tx list --json"
asterope tx commit "$store" work
same "$(cat "$mnt/study/a.txt" "$mnt/study/b.txt")" "old
new" "the mount after the commit"
same "$(cat "$mnt/query/reviewed=yes/.count")" 1 "the index after the commit"
same "$(asterope tx list "$store")" "" "tx list after the commit"

# Aborted, in conflict, or under a name that is not there.
asterope tx begin "$store" dropped
asterope rm -r "$store" study --tx dropped
asterope tx abort "$store" dropped
[ -e "$mnt/study/a.txt" ] || fail "an aborted transaction removed something"
asterope tx begin "$store" late
exits 73 "is open already" "$ASTEROPE" tx begin "$store" late
asterope meta set "$store" study/a.txt reviewed=late --tx late
setfattr -n user.reviewed -v meanwhile "$mnt/study/a.txt"
exits 75 "begin it again" "$ASTEROPE" tx commit "$store" late
same "$(getfattr -n user.reviewed --only-values --absolute-names "$mnt/study/a.txt")" meanwhile "the first writer wins"
exits 66 "no transaction of this name" "$ASTEROPE" tx commit "$store" late
exits 66 "no open transaction 'late'" "$ASTEROPE" put "$store" "$work/log" log --tx late
exits 66 "no open transaction ''" "$ASTEROPE" ls "$store" --tx ""
exits 64 "isolation" "$ASTEROPE" tx begin "$store" t --isolation none

# A version that was read guards a change without a transaction.
version=$(asterope stat "$store" study/b.txt --json | /usr/bin/python3 -c 'import json,sys; print(json.load(sys.stdin)["version"])')
asterope meta set "$store" study/b.txt n=1 --if-version "$version"
exits 75 "read it again" "$ASTEROPE" meta set "$store" study/b.txt n=2 --if-version "$version"
same "$(asterope meta get "$store" study/b.txt n)" 1 "the version guards the first change"

# What is left open ends with the mount; a store at rest has none.
asterope tx begin "$store" open
asterope rm -r "$store" study --tx open
remount
[ -e "$mnt/study/a.txt" ] || fail "an open transaction was committed by the end of the mount"
asterope umount "$mnt"
exits 69 "mount '" "$ASTEROPE" tx begin "$store" work
exits 69 "mount '" "$ASTEROPE" ls "$store" --tx work

# Snapshots are made and read on a store at rest and on a mounted one, and outlive both.
asterope snapshot create "$store" resting
asterope mount "$store" "$mnt" --log "$work/log"
rm "$mnt/study/a.txt"
asterope snapshot create "$mnt" mounted
echo newer > "$mnt/study/b.txt"
setfattr -n user.kind -v newer "$mnt/study/b.txt"
remount
for at in mounted unmounted; do
    same "$(asterope get "$store" study/a.txt - --snapshot resting)" old "content in a snapshot ($at)"
    same "$(asterope ls "$store" study --snapshot mounted)" b.txt "a listing in a snapshot ($at)"
    same "$(asterope meta get "$store" study/b.txt kind --snapshot mounted)" new "metadata in a snapshot ($at)"
    same "$(asterope query "$store" 'kind = new' --snapshot resting)" study/b.txt "a query in a snapshot ($at)"
    same "$(asterope snapshot list "$store" | cut -d' ' -f2)" "mounted
resting" "snapshot list ($at)"
    [ $at = unmounted ] || asterope umount "$mnt"
done
exits 73 "exists" "$ASTEROPE" snapshot create "$store" resting
exits 66 "no snapshot 'gone'" "$ASTEROPE" ls "$store" --snapshot gone
exits 64 "--snapshot" "$ASTEROPE" rm "$store" study/b.txt --snapshot resting
asterope snapshot drop "$store" resting
asterope mount "$store" "$mnt" --log "$work/log"
asterope snapshot drop "$mnt" mounted
same "$(asterope snapshot list "$store" --json)" "" "snapshot list after dropping"
exits 66 "no snapshot" "$ASTEROPE" snapshot drop "$store" mounted
finish
