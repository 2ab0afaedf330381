#!/usr/bin/env bash
# 100 000 files in one directory, and four processes that make, rename and remove names at once.
. "$(dirname "$0")/mounted.sh"
files=100000 rounds=10000
mkdir "$mnt/many" "$mnt/churn"
/usr/bin/python3 - "$mnt/many" $files <<'PY'
import os, sys
for i in range(int(sys.argv[2])):
    fd = os.open(f"{sys.argv[1]}/a-small-file-{i}", os.O_CREAT | os.O_WRONLY)
    os.write(fd, b"%d\n" % i)
    os.close(fd)
PY
same "$(ls "$mnt/many" | wc -l)" $files "names in the directory"
same "$(find "$mnt/many" -type f -size -8c | wc -l)" $files "files with their attributes"
same "$(cat "$mnt/many/a-small-file-77777")" 77777 "one of them"
rm -rf "$mnt/many"
same "$(ls -A "$mnt")" $'churn\nquery' "nothing is left"

churn() {
    /usr/bin/python3 - "$mnt/churn" "$1" $rounds <<'PY'
import os, sys
directory, worker, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
for i in range(rounds):
    made, moved = f"{directory}/{worker}-{i}", f"{directory}/{worker}-moved"
    os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    os.rename(made, moved)
    os.unlink(moved)
PY
}
at_once "churn 1" "churn 2" "churn 3" "churn 4"
same "$(ls -A "$mnt/churn")" "" "nothing is left of the churn"
finish
