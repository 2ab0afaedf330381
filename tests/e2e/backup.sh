#!/usr/bin/env bash
# Backups of a mounted store while it changes, killed and finished; and restored stores.
. "$(dirname "$0")/mounted.sh"
asterope() { "$ASTEROPE" "$@"; }
backup=$work/backup tx=$mnt/.asterope/tx
field() { /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

# One state: a number is written to two files, a large and a small one, in one transaction, again and again.
counter() {
    local i=0
    while :; do
        i=$((i + 1))
        mkdir "$tx/count"
        seq "$i" "$((i + 5000))" > "$tx/count/large"
        echo "$i" > "$tx/count/small"
        setfattr -n user.count -v "$i" "$tx/count/small"
        mv "$tx/count" "$tx/.commit"
    done
}
# Files that come and go meanwhile.
churn() {
    local i=0
    while :; do
        i=$((i + 1))
        head -c 200000 /dev/urandom > "$mnt/churn-$((i % 20))"
        rm -f "$mnt/churn-$(((i * 7) % 20))"
        printf 'in place' | dd of="$mnt/static" bs=1 seek=$((i % 1000)) conv=notrunc status=none
    done
}
# The store at $1 is sound, and the two files agree; prints the number.
agreed() {
    asterope check "$1" > "$work/out" || fail "check of $1: $(cat "$work/out")"
    local small
    small=$(asterope get "$1" small -)
    asterope get "$1" large "$work/large"
    same "$(sed -n 1p "$work/large")" "$small" "the two files in $1"
    same "$(wc -l < "$work/large")" 5001 "lines of the large file in $1"
    same "$(asterope query "$1" "count = $small")" small "the index of $1"
    echo "$small"
}

echo 0 > "$mnt/small"
seq 0 5000 > "$mnt/large"
setfattr -n user.count -v 0 "$mnt/small"
head -c 100000 /dev/zero > "$mnt/static"
counter & counting=$!
churn & churning=$!

asterope backup "$store" "$backup" --json > "$work/out"
last=$(agreed "$backup")
for round in 1 2 3; do
    asterope backup "$mnt" "$backup"
    now=$(agreed "$backup")
    [ "$now" -ge "$last" ] || fail "round $round: $now after $last"
    last=$now
done
# Killed at any time, it is an earlier state or a later one, and the next one goes on.
for delay in 0.01 0.03 0.05 0.1 0.2 0.3; do
    asterope backup "$store" "$backup" > /dev/null & job=$!
    sleep "$delay"
    kill -9 "$job" 2> /dev/null || true
    wait "$job" 2> /dev/null || true
    now=$(agreed "$backup")
    [ "$now" -ge "$last" ] || fail "after a kill: $now after $last"
    last=$now
done
kill "$counting" "$churning"
wait "$counting" "$churning" 2> /dev/null || true
for _ in $(seq 50); do [ -z "$(ls -A "$store/snapshots")" ] || sleep 0.1; done
same "$(ls -A "$store/snapshots")" "" "snapshots left by backups"
rmdir "$tx"/* 2> /dev/null || true

asterope backup "$store" "$backup"
same "$(asterope backup "$store" "$backup" --json | field copied_blobs)" 0 "blobs copied when nothing has changed"
# Whoever unmounts the store meanwhile ends the backup, not the other way round.
asterope snapshot create "$store" kept
echo later > "$mnt/later"
asterope backup "$store" "$work/of-kept" --snapshot kept > "$work/out"
! asterope ls "$work/of-kept" later 2> /dev/null || fail "the snapshot's backup has a later file"
asterope snapshot drop "$store" kept
asterope rm "$store" later

# A restored store is the same, and is a store like any other.
refused() { ! "$ASTEROPE" "$@" > "$work/out" 2>&1 || fail "not refused: $*"; }
asterope restore "$backup" "$work/restored"
refused restore "$backup" "$work/restored"
refused backup "$store" "$store/inside"
mkdir "$work/full" && touch "$work/full/mine"
refused backup "$store" "$work/full"
same "$(ls -A "$work/full")" mine "what was in the directory"
mkdir "$work/mnt2"
asterope mount "$work/restored" "$work/mnt2" --log "$work/log2"
diff -r "$mnt" "$work/mnt2" || fail "the restored store differs"
echo new > "$work/mnt2/new"
asterope umount "$work/mnt2"
asterope check "$work/restored"
finish
