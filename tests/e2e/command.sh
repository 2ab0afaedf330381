#!/usr/bin/env bash
# Every subcommand with its options, on a store that is mounted and on the same store at rest.
. "$(dirname "$0")/mounted.sh"
asterope() { "$ASTEROPE" "$@"; }

# refused STATUS TEXT ARGUMENT...: the command fails with STATUS and one line that has TEXT.
refused() {
    local expected=$1 text=$2 status=0
    shift 2
    asterope "$@" > "$work/out" 2> "$work/err" < /dev/null || status=$?
    same "$status" "$expected" "exit status of 'asterope $*' ($(cat "$work/err"))"
    [[ $(cat "$work/err") == *"$text"* ]] || fail "'asterope $*' says '$(cat "$work/err")', not '$text'"
    same "$(wc -l < "$work/err")" 1 "lines that 'asterope $*' prints as its error"
}
# json EXPRESSION: evaluates it over `all`, the JSON objects of standard input.
json() { /usr/bin/python3 -c 'import json, sys
all = [json.loads(line) for line in sys.stdin]
print(eval(sys.argv[1]))' "$1"; }
lines() { tr '\0\n' '| '; }

put_and_get() {
    local in=$work/in out=$work/out.d
    rm -rf "$in" "$out"
    mkdir -p "$in/tree/deep/er" "$in/tree/empty" "$out"
    head -c 3000000 /dev/urandom > "$in/big"
    printf 'small' > "$in/tree/small"
    : > "$in/tree/deep/nothing"
    printf 'odd' > "$in/-odd"
    chmod 640 "$in/tree/small"
    ln -s small "$in/tree/link"
    truncate -s 10M "$in/tree/deep/er/sparse"
    printf 'end' >> "$in/tree/deep/er/sparse"

    asterope put "$1" "$in/big"                               # by its own name into the root
    asterope put "$1" "$in/big" renamed
    asterope put "$1" "$in/big" "$in/tree/small" into/        # several, into a directory that is made
    asterope put "$1" "$in/big" into                          # into one that is there
    printf 'typed' | asterope put "$1" - made/on/the/way
    refused 64 "'..'" put "$1" -r "$in/tree" ..
    asterope put "$1" -r "$in/tree"
    (cd "$in" && asterope put "$1" -- -odd -key)
    asterope put "$1" "$in/tree/small" described --meta Modality=CT "note=a = b" --meta-json 'dose=2.0' --meta-json '{"list": [1, "x"], "study": {"date": "2024-01-15"}}'
    asterope put "$1" --meta a=1 --meta b=2 -- "$in/tree/small" options-first
    same "$(asterope ls "$1" | lines)" "-key big described into/ made/ options-first renamed tree/ " "what was put"
    same "$(asterope get "$1" made/on/the/way -)" typed "put from and get to a pipe"
    same "$(asterope meta get "$1" described --json)" \
         '{"Modality":"CT","dose":2.0,"list":[1,"x"],"note":"a = b","study.date":"2024-01-15"}' "put with metadata"
    same "$(asterope meta get "$1" options-first | lines)" "a=1 b=2 " "options before the files"
    asterope put "$1" "$in/big" described
    same "$(asterope meta get "$1" described Modality)" CT "replacing keeps the metadata"
    refused 73 "'described'" put -n "$1" "$in/big" described
    refused 66 "is a directory: use -r" put "$1" "$in/tree"
    refused 66 "none" put "$1" "$in/none"
    refused 64 "standard input has no name" put "$1" -
    refused 64 "'Modality' is not NAME=VALUE" put "$1" "$in/big" --meta Modality
    refused 65 "the value of 'dose'" put "$1" "$in/big" --meta-json dose=high
    refused 66 "not a directory" put "$1" "$in/big" "$in/big" renamed
    # One that fails does not keep the others from their places.
    refused 66 "none" put "$1" "$in/none" "$in/big" others/
    same "$(asterope ls "$1" others)" big "the others after an error"

    (cd "$out" && asterope get "$1" big)
    asterope get "$1" -r tree "$out"
    asterope get "$1" renamed into/small "$out/"
    asterope get "$1" -- -key "$out/-key"
    asterope get "$1" renamed "$out/new-name"
    cmp "$in/big" "$out/big" && cmp "$in/big" "$out/renamed" && cmp "$in/big" "$out/new-name" || fail "get"
    cmp "$in/-odd" "$out/-key" || fail "a name that begins with -"
    diff -r --no-dereference "$in/tree" "$out/tree" || fail "get -r"
    same "$(stat -c %a "$out/tree/small")" 640 "mode of a file that was got"
    [ "$(stat -c %b "$out/tree/deep/er/sparse")" -lt 1000 ] || fail "holes were filled"
    same "$(asterope get "$1" big - | cksum)" "$(cksum < "$in/big")" "get to a pipe"
    refused 66 "use -r" get "$1" tree "$out"
    refused 66 "'none'" get "$1" none "$out"
    refused 66 "not a directory" get "$1" big renamed "$out/new-name"
    refused 66 "none" get "$1" none big "$out/"
    refused 66 "No such file" get "$1" big "$out/no/such/place"
    ! ls "$out"/*.asterope-* 2>/dev/null || fail "a temporary file is left"
    if [ -w /dev/full ]; then refused 73 "space" get "$1" big /dev/full; fi
}

names() {
    same "$(asterope ls "$1" into | lines)" "big small " "ls"
    same "$(asterope ls "$1" -0 tree | lines)" "deep|empty|link|small|" "ls -0"
    same "$(asterope ls "$1" into/big)" "into/big" "ls of a file"
    same "$(asterope ls "$1" tree/empty)" "" "ls of an empty directory"
    [[ $(asterope ls "$1" -l into) == *"-rw-r--r--  1 root     root            3000000 20"*" big"* ]] || fail "ls -l: $(asterope ls "$1" -l into)"
    same "$(asterope ls "$1" --json tree | json '[(f["key"], f["type"], f["mode"], f["size"]) for f in all if f["type"] != "dir"]')" \
         "[('tree/link', 'symlink', '0777', 5), ('tree/small', 'file', '0640', 5)]" "ls --json"
    refused 66 "'none'" ls "$1" none

    asterope mv "$1" renamed moved
    asterope mv "$1" moved into                                # into a directory
    asterope mv "$1" into/moved into/small several/            # several, into one that is made
    asterope mv "$1" several/moved new/directories/f
    same "$(asterope ls "$1" several) $(asterope ls "$1" new/directories)" "small f" "mv"
    refused 73 "'big' exists already" mv -n "$1" several/small big
    refused 66 "'none'" mv "$1" none never/made
    refused 66 "'never'" ls "$1" never
    refused 66 "not a directory" mv "$1" several/small new/directories/f big
    refused 64 "" mv "$1" new new/inside
    refused 64 "KEY... TARGET" mv "$1" alone
    asterope mv "$1" -- -key --other
    same "$(asterope get "$1" -- --other -)" odd "mv of a name that begins with -"

    asterope rm "$1" several/small new/directories/f
    refused 66 "use -r" rm "$1" several
    refused 66 "'none'" rm "$1" none into/big
    refused 66 "'into/big'" stat "$1" into/big                 # the others were removed
    asterope rm -f "$1" none
    asterope rm -r "$1" tree several new into
    asterope rm "$1" -- --other
    refused 64 "the root" rm -r "$1" /
}

metadata() {
    asterope put "$1" /dev/null f
    asterope meta set "$1" f PatientID=12345 'note=two words' empty=
    asterope meta set "$1" f --json dose=51.5 --json '{"urgent": true, "list": [1, 2]}'
    same "$(asterope meta get "$1" f | lines)" "PatientID=12345 dose=51.5 empty= list=[1,2] note=two words urgent=true " "meta get"
    same "$(asterope meta get "$1" f note)" "two words" "one field"
    same "$(asterope meta get "$1" f note dose | lines)" "dose=51.5 note=two words " "two fields"
    same "$(asterope meta get "$1" f note dose -0 | lines)" "dose=51.5|note=two words|" "meta get -0"
    same "$(asterope meta get "$1" f --json | json '[sorted(all[0]), all[0]["dose"], all[0]["list"]]')" \
         "[['PatientID', 'dose', 'empty', 'list', 'note', 'urgent'], 51.5, [1, 2]]" "meta get --json"
    asterope meta unset "$1" f empty list
    refused 66 "'empty'" meta unset "$1" f empty
    asterope meta patch "$1" f '{"urgent": null, "study": {"date": "2024-01-15"}}'
    echo '{"note": null}' | asterope meta patch "$1" f -
    same "$(asterope meta get "$1" f | lines)" "PatientID=12345 dose=51.5 study.date=2024-01-15 " "unset and patch"
    refused 66 "'f' has no field 'gone'" meta get "$1" f gone
    refused 66 "'none'" meta get "$1" none
    refused 65 "JSON" meta patch "$1" f '{"a":'
    refused 65 "expected a JSON object" meta patch "$1" f '[1]'
    refused 65 "the value of 'a'" meta set "$1" f --json a=[1
    refused 64 "nothing to set" meta set "$1" f
    refused 64 "NAME" meta unset "$1" f
    refused 64 "" meta "$1" f
}

queries() {
    for i in 1 2 3; do printf '%s' "$i" | asterope put "$1" - "q/$i" --meta Modality=XA --meta-json "weight=$i"; done
    same "$(asterope query "$1" "Modality = 'XA'" | lines)" "q/1 q/2 q/3 " "query"
    same "$(asterope query "$1" "Modality = 'XA' order by weight desc" --limit 2 | lines)" "q/3 q/2 " "--limit"
    same "$(asterope query "$1" "Modality = 'XA' limit 1" --limit 2 | lines)" "q/1 " "the smaller of two limits"
    same "$(asterope query "$1" "weight > 1" -0 | lines)" "q/2|q/3|" "-0"
    same "$(asterope query "$1" --count "weight > 1")" 2 "--count"
    same "$(asterope query "$1" "weight > 1" --json | json '[(h["key"], h["document"]["weight"]) for h in all]')" "[('q/2', 2), ('q/3', 3)]" "--json"
    [[ $(asterope query "$1" --explain "weight > 1") == *weight* ]] || fail "--explain"
    same "$(asterope query "$1" "Modality = 'none'")" "" "no results are no error"
    same "$(asterope query "$1" | lines)" "$(asterope query "$1" "missing(nothing)" | lines)" "no expression is every file"
    local status=0
    asterope query "$1" "Modality = 'XA' and weight >=" 2> "$work/err" || status=$?
    same "$status" 65 "exit status of an expression that does not parse"
    same "$(cat "$work/err")" "asterope: query: expected a value after '>='
  Modality = 'XA' and weight >=
                              ^" "what is said of it"
    refused 64 "--limit" query "$1" --limit many
    asterope rm -r "$1" q
}

whole_store() {
    same "$(asterope stat "$1" --json | json '(all[0]["nodes"] > 3, all[0]["fields"] > 3, len(all[0]["uuid"]))')" "(True, True, 36)" "stat of the store"
    [[ $(asterope stat "$1") == *"uuid   "* ]] || fail "stat"
    same "$(asterope stat "$1" f --json | json '(all[0]["key"], all[0]["type"], all[0]["size"], all[0]["document"]["dose"])')" "('f', 'file', 0, 51.5)" "stat of a key"
    [[ $(asterope stat "$1" f) == *'meta    {"PatientID":"12345"'* ]] || fail "stat f"
    refused 66 "'none'" stat "$1" none
    [[ $(asterope check "$1") == *": sound" ]] || fail "check"
    same "$(asterope check "$1" --json | json 'all[0]["problems"]')" "[]" "check --json"
    asterope sync "$1"
    head -c 100000 /dev/urandom | asterope put "$1" - summed
    [[ $(asterope scrub "$1") == *" files, "*": as they were written" ]] || fail "scrub: $(asterope scrub "$1")"
    same "$(asterope scrub "$1" --limit-rate 10M --json | json '(all[0]["files"] > 0, all[0]["bytes"] >= 100000, all[0]["computed"], all[0]["damaged"])')" "(True, True, 0, [])" "scrub --json"
    same "$(asterope query "$1" "sys.size = 100000 and not missing(sys.checksum)")" summed "a query for what has a checksum"
    refused 64 "--limit-rate" scrub "$1" --limit-rate fast
    same "$(asterope stat "$1" f --json | json 'all[0]["checksum"]')" 99aa06d3014798d86001c324468d497f "checksum of nothing"
    same "$(asterope query "$1" "sys.checksum = '$(asterope stat "$1" summed --json | json 'all[0]["checksum"]')'")" summed "a query for a checksum"
}

arguments() {
    refused 64 "which command?"
    refused 64 "unknown command 'frobnicate'" frobnicate
    for command in put get ls rm mv query check scrub stat sync init mount umount backup restore export import; do
        refused 64 "asterope $command --help" "$command"
        asterope "$command" --help > "$work/out" || fail "--help of $command"
    done
    refused 64 "--wrong" ls "$1" --wrong
    refused 64 "" put "$1"
    [[ $(asterope --version) == "asterope "[0-9]* ]] || fail "--version"
    asterope --help > "$work/out"
}

one_pass() { put_and_get "$1"; names "$1"; metadata "$1"; queries "$1"; whole_store "$1"; arguments "$1"; asterope rm -r "$1" $(asterope ls "$1"); }

one_pass "$store"                # while it is mounted, by the store's directory
one_pass "$mnt"                  # and by the mount's
head -c 100000 /dev/urandom > "$mnt/summed"
asterope scrub "$store" > "$work/out"
sum=$(xattr asterope.checksum "$mnt/summed")
same "$sum" "$(asterope stat "$mnt" summed --json | json 'all[0]["checksum"]')" "the checksum as an attribute"
printf x | dd of="$mnt/summed" conv=notrunc bs=1 seek=10 status=none
[ "$(xattr asterope.checksum "$mnt/summed" 2>/dev/null || true)" != "$sum" ] || fail "a checksum of what was there before"
rm "$mnt/summed"
refused 69 "is in use: only a store that is not mounted" check --repair "$store"
refused 69 "is in use: only a store that is not mounted" check --repair "$mnt"
"$ASTEROPE" umount "$mnt"
one_pass "$store"                # at rest
same "$(asterope ls "$store")" "" "nothing is left"

# Damage is found, and mended where that can be.
same "$(asterope check --repair "$store" | tail -c 6)" "sound" "check --repair of a sound store"
head -c 100000 /dev/urandom | tee "$work/rotten" | asterope put "$store" - rotten
asterope scrub "$store" > "$work/out"
for blob in "$store"/blobs/*/*; do
    ! cmp -s "$blob" "$work/rotten" || printf 'other bytes' | dd of="$blob" conv=notrunc bs=1 seek=500 status=none
done
status=0
asterope scrub "$store" > "$work/out" || status=$?
same "$status" 65 "exit status of scrub when a content has changed"
[[ $(cat "$work/out") == "'rotten': its checksum is "*": DAMAGED" ]] || fail "scrub says '$(cat "$work/out")'"
cp "$work/rotten" "$store/blobs/ff/00000000000fffff"
[[ $(asterope check --repair "$store") == *" belongs to no file: put into lost+found"*": sound" ]] || fail "check --repair of a blob without a file"
asterope get "$store" "lost+found/#blob-1048575" - | cmp - "$work/rotten" || fail "what was found"
asterope rm -r "$store" lost+found rotten
refused 65 "is not a store" check --repair "$work"

# What is no store, in use, or there already.
mkdir "$work/empty"
refused 66 "does not exist" ls "$work/none"
refused 65 "is not a store" query "$work/empty" 'a = 1'
same "$(ls -A "$work/empty")" "" "nothing is written into what is no store"
refused 73 "is a store already" init "$store"
refused 73 "is not empty" init "$work"
refused 64 "is a URL" ls https://localhost:5001
refused 64 "no store is mounted" umount "$work/empty"
refused 66 "none" umount "$work/none"
refused 64 "over itself" mount "$store" "$store"
refused 64 "durability" mount "$store" "$mnt" -o durability=sometimes
refused 64 "on_replace" mount "$store" "$mnt" -o on_replace=sometimes
cp -r "$store" "$work/newer"
sed -i 's/^asterope 1$/asterope 2/' "$work/newer/FORMAT"
for command in ls check; do refused 65 "format 2" "$command" "$work/newer"; done
refused 65 "format 2" mount "$work/newer" "$mnt"
"$ASTEROPE" mount "$store" "$mnt" --log "$work/log"
finish
