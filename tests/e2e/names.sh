#!/usr/bin/env bash
# Any bytes that Linux takes as a name or a value.
. "$(dirname "$0")/mounted.sh"
long=$(printf 'ä%.0s' $(seq 127))x
names=('a=b' '@x' '%' '..%2F' '-n' $'new\nline' '(x)' '.hidden' "$long" 'a b' "quote'\"")
for name in "${names[@]}"; do
    printf '%s' "$name" > "$mnt/$name"
    setfattr -n user.odd -v yes "$mnt/$name"
done
for name in "${names[@]}"; do same "$(cat "$mnt/$name")" "$name" "content of a file with an odd name"; done
same "$(cat "$mnt/query/odd=yes/.count")" "${#names[@]}" "all are found"
for result in "$mnt/query/odd=yes/"*; do [ -f "$result" ] || fail "result '$result' cannot be reached"; done

/usr/bin/python3 - "$mnt/values" <<'PY'
import errno, os, sys
path = sys.argv[1]
open(path, "w").close()
values = [b"", b"/", b"\n", b"a\0b", b"\xff\xfe", b"x" * 65536]
for i, value in enumerate(values):
    os.setxattr(path, f"user.v{i}", value)
    if i == 5: break
for i, value in enumerate(values):
    assert os.getxattr(path, f"user.v{i}") == value, i
assert sorted(os.listxattr(path)) == [f"user.v{i}" for i in range(6)], os.listxattr(path)
def error(call):
    try:
        call()
    except OSError as e:
        return errno.errorcode[e.errno]
    return "none"
assert error(lambda: os.getxattr(path, "user.none")) == "ENODATA"
assert error(lambda: os.setxattr(path, "user.v0", b"", os.XATTR_CREATE)) == "EEXIST"
assert error(lambda: os.setxattr(path, "user.none", b"", os.XATTR_REPLACE)) == "ENODATA"
assert error(lambda: os.setxattr(path, "user.big", b"x" * 65537)) == "E2BIG"
assert error(lambda: open(os.path.dirname(path) + "/" + "n" * 256, "w")) == "ENAMETOOLONG"
PY
# Commands reach the process that has the store mounted; a second mount is refused.
same "$("$ASTEROPE" query "$store" 'odd = yes' --count)" "${#names[@]}" "a query by the command on a mounted store"
"$ASTEROPE" meta set "$store" values by=command
same "$(getfattr -n user.by --only-values --absolute-names "$mnt/values")" command "a change by the command"
echo streamed | "$ASTEROPE" put "$store" - "deep/er/file"
same "$("$ASTEROPE" get "$store" "deep/er/file" -)" streamed "put and get on a mounted store"
"$ASTEROPE" check "$store"
mkdir "$work/second"
status=0
"$ASTEROPE" mount "$store" "$work/second" 2>"$work/err" || status=$?
same "$status" 69 "exit status of a second mount"
grep -q "in use" "$work/err" || fail "no clear word: $(cat "$work/err")"
finish
