#!/usr/bin/env bash
# What is damaged or malformed gets a clear answer, and everything else keeps working.
. "$(dirname "$0")/mounted.sh"

# status_of COMMAND...: its exit status; what it prints goes to $work/said.
status_of() {
    local status=0
    "$@" > "$work/said" 2>&1 < /dev/null || status=$?
    echo "$status"
}
said() { [[ $(cat "$work/said") == *"$1"* ]] || fail "'$(cat "$work/said")' does not say '$1'"; }
log_lines() { grep -cF -- "$1" "$work/log" || true; }

# --- A blob that is missing.
mkdir "$mnt/study"
for name in lost kept; do head -c 100000 /dev/urandom | tee "$work/$name" > "$mnt/study/$name"; done
setfattr -n user.Modality -v CT "$mnt/study/lost"
"$ASTEROPE" umount "$mnt"
for blob in "$store"/blobs/*/*; do ! cmp -s "$blob" "$work/lost" || rm "$blob"; done
"$ASTEROPE" mount "$store" "$mnt" --log "$work/log"
for try in 1 2 3; do
    same "$(status_of cat "$mnt/study/lost")" 1 "reading a file whose blob is missing, try $try"
    said "Input/output error"
done
same "$(log_lines "'study/lost' cannot be read")" 1 "lines in the log"
cmp "$mnt/study/kept" "$work/kept" || fail "the file beside it"
same "$(getfattr -n user.Modality --only-values --absolute-names "$mnt/study/lost")" CT "its metadata"
same "$(ls "$mnt/query/Modality=CT")" study%2Flost "a query that finds it"
same "$(status_of "$ASTEROPE" check "$store")" 74 "check of a mounted store with a missing blob"
said "'study/lost'"
same "$(status_of "$ASTEROPE" get "$store" study/lost -)" 74 "get of it"
cp "$work/lost" "$mnt/study/lost.new" && mv "$mnt/study/lost.new" "$mnt/study/lost"
cmp "$mnt/study/lost" "$work/lost" || fail "it can be replaced"
"$ASTEROPE" check "$store"

# --- A page of the index that is not what was written.
for i in $(seq 300); do
    printf 'content of file %3d %0900d' "$i" 0 > "$mnt/study/f$i"
    setfattr -n user.number -v "$i" "$mnt/study/f$i"
done
"$ASTEROPE" umount "$mnt"
/usr/bin/python3 - "$store/index/data.mdb" <<'PY'
import sys
with open(sys.argv[1], "r+b") as file:
    pages = file.read()
    for page in range(0, len(pages), 4096):  # outdated copies as well
        if b"content of file 150 " in pages[page:page + 4096]:
            file.seek(page)
            file.write(bytes(4096))
PY
"$ASTEROPE" mount "$store" "$mnt" --log "$work/log"
damaged=0
for i in $(seq 300); do
    if [ "$(status_of cat "$mnt/study/f$i")" = 0 ]; then
        same "$(head -c 20 "$work/said")" "$(printf 'content of file %3d ' "$i")" "content of a file on another page"
    else
        said "Input/output error"
        damaged=$((damaged + 1))
    fi
done
[ "$damaged" -ge 1 ] && [ "$damaged" -le 5 ] || fail "$damaged files are hit by one damaged page"
same "$(cat "$mnt/query/number@gt=0/.count")" 300 "the query index"
same "$(status_of "$ASTEROPE" check "$store")" 74 "check of a damaged index"
said "'study/f150'"
echo new > "$mnt/study/new"
same "$(cat "$mnt/study/new")" new "a new file beside a damaged page"
rm "$mnt/study/f1"
"$ASTEROPE" umount "$mnt"
same "$("$ASTEROPE" get "$store" study/new -)" new "the new file, which the journal keeps"
same "$(status_of "$ASTEROPE" get "$store" study/f1 -)" 66 "the removed one"
same "$(status_of "$ASTEROPE" check "$store")" 74 "check at rest"
rm -rf "$store"
"$ASTEROPE" init "$store"
"$ASTEROPE" mount "$store" "$mnt" --log "$work/log"

# --- Expressions and documents that are none.
same "$(status_of ls "$mnt/query/dose >=")" 2 "listing what is no expression"
said "No such file"
getfattr -n user.asterope.error --only-values --absolute-names "$mnt/query" > "$work/said"
said "expected a value after '>='"
/usr/bin/python3 - "$mnt/doc" <<'PY'
import errno, os, sys
path = sys.argv[1]
open(path, "w").close()
os.setxattr(path, "user.kept", b"yes")
def refused(name, value):
    try:
        os.setxattr(path, name, value)
    except OSError as e:
        assert e.errno == errno.EINVAL, (name, value[:20], e)
    else:
        raise AssertionError(f"{name} took {value[:20]}")
for text in [b"", b"{", b"[1]", b"null", b'{"a": [[1]]}', b'{"a": [{}]}', b'{"": 1}', b'{"a\\u0000": 1}', b'{"a": 1} x', b'{"a":' * 1000, b"\xff"]:
    refused("user.asterope.json", text)
    refused("user.asterope.patch", text)
for packed in [b"", b"\xc1", b"\x91\x01", b"\x81\x01\x01", b"\x81\xa1a", b"\xdf\xff\xff\xff\xff", b"\x81\xa1a\xc7\x01\x05\x00", b"\x80x", b"\x81\xa1a" * 1000 + b"\x80"]:
    refused("user.asterope.msgpack", packed)
assert os.listxattr(path) == ["user.kept"], os.listxattr(path)
PY

# --- A store that another process has, which does not answer.
"$ASTEROPE" init "$work/held"
flock "$work/held/lock" sleep 600 &
holder=$!
until ! flock -n "$work/held/lock" true; do sleep 0.05; done
same "$(status_of "$ASTEROPE" ls "$work/held")" 69 "a store in use without a socket"
said "in use by another process, which does not answer"
same "$(status_of "$ASTEROPE" mount "$work/held" "$work")" 69 "mounting it"
same "$(wc -l < "$work/said")" 1 "lines of the error"
kill "$(pgrep -P "$holder")" 2>/dev/null || kill "$holder"
wait "$holder" 2>/dev/null || true
finish
