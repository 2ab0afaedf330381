#!/usr/bin/env bash
# git, SQLite and many processes at once work inside the mount.
. "$(dirname "$0")/mounted.sh"
git init -q "$work/origin"
cp -r "$SOURCE/engine" "$work/origin/"
git -C "$work/origin" add -A
git -C "$work/origin" -c user.name=t -c user.email=t@localhost commit -qm first
git clone -q "$work/origin" "$mnt/clone"
same "$(git -C "$mnt/clone" status --porcelain)" "" "git status"
git -C "$mnt/clone" gc -q
git -C "$mnt/clone" fsck --full --strict || fail "git fsck"

sqlite3 "$mnt/base.db" "pragma journal_mode=delete; create table t(a integer primary key, b text);
    with recursive n(i) as (select 1 union all select i+1 from n where i<20000) insert into t select i, hex(randomblob(20)) from n;
    create index i on t(b);" >/dev/null
same "$(sqlite3 "$mnt/base.db" 'pragma integrity_check; select count(*) from t')" "ok
20000" "sqlite3"

churn() {
    for i in $(seq 500); do
        echo "$i" > "$mnt/churn/$1-$i"
        mv "$mnt/churn/$1-$i" "$mnt/churn/$1-moved"
        rm "$mnt/churn/$1-moved"
    done
}
mkdir "$mnt/churn"
workers=()
for worker in 1 2 3 4; do churn $worker & workers+=($!); done
for worker in "${workers[@]}"; do wait "$worker" || fail "a churning process failed"; done
same "$(ls -A "$mnt/churn")" "" "nothing is left of the churn"

dd if=/dev/urandom of="$work/big" bs=1M count=256 status=none
dd if="$work/big" of="$mnt/big" bs=1M conv=fsync status=none
cmp "$work/big" "$mnt/big" || fail "256 MiB written and read"
remount
cmp "$work/big" "$mnt/big" || fail "256 MiB after a remount"
sync "$mnt/big"

# What was answered survives the death of the process.
echo precious > "$mnt/precious"
setfattr -n user.state -v answered "$mnt/precious"
pid=$(pgrep -f "mount $store $mnt")
kill -9 "$pid"
until flock -n "$store/lock" true; do sleep 0.05; done
umount -l "$mnt"
"$ASTEROPE" mount "$store" "$mnt" --log "$work/log"
same "$(cat "$mnt/precious")" precious "content after kill -9"
same "$(cat "$mnt/query/state=answered/.count")" 1 "index after kill -9"
finish
