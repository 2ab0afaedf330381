#!/usr/bin/env bash
# git, SQLite and make work inside the mount, and what they were told survives the death of the mounting process.
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
same "$(sqlite3 "$mnt/base.db" 'pragma integrity_check; select count(*) from t')" $'ok\n20000' "sqlite3"

# Two processes write one database in WAL mode, whose index is shared memory in a mapped file.
same "$(sqlite3 "$mnt/wal.db" 'pragma journal_mode=wal; create table t(who text, i integer);')" wal "SQLite's journal mode"
insert() {
    for i in $(seq 200); do echo "insert into t values('$1', $i);"; done | sqlite3 -cmd ".timeout 60000" "$mnt/wal.db"
}
at_once "insert one" "insert two"
same "$(sqlite3 "$mnt/wal.db" 'pragma integrity_check; select who, count(*), sum(i) from t group by who')" \
     $'ok\none|200|20100\ntwo|200|20100' "two writers in WAL mode"

# A program is compiled, linked, made into an archive and run inside the mount.
mkdir "$mnt/project"
cat > "$mnt/project/Makefile" <<'MAKE'
run: main.o libgreeting.a
	$(CC) -o $@ $^
libgreeting.a: greeting.o
	$(AR) rcs $@ $^
greeting.o main.o: greeting.h
MAKE
echo 'const char* greeting(void);' > "$mnt/project/greeting.h"
printf '#include "greeting.h"\nconst char* greeting(void) { return "built inside"; }\n' > "$mnt/project/greeting.c"
printf '#include <stdio.h>\n#include "greeting.h"\nint main(void) { return puts(greeting()) < 0; }\n' > "$mnt/project/main.c"
make -s -j2 -C "$mnt/project"
same "$("$mnt/project/run")" "built inside" "a program that was built in the mount"
make -q -C "$mnt/project" || fail "make finds something to do a second time"
touch "$mnt/project/greeting.h"
! make -q -C "$mnt/project" || fail "make does not see a change"

echo precious > "$mnt/precious"
setfattr -n user.state -v answered "$mnt/precious"
kill -9 "$(mount_pid)"
until flock -n "$store/lock" true; do sleep 0.05; done
umount -l "$mnt"
"$ASTEROPE" mount "$store" "$mnt" --log "$work/log"
same "$(cat "$mnt/precious")" precious "content after kill -9"
same "$(cat "$mnt/query/state=answered/.count")" 1 "index after kill -9"
finish
