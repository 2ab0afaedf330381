#!/usr/bin/env bash
# Out as plain files with their metadata beside them, and back into another store.
. "$(dirname "$0")/mounted.sh"
asterope() { "$ASTEROPE" "$@"; }
field() { /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

mkdir "$work/mnt2"
seq 0 5000 > "$mnt/large"
echo small > "$mnt/small"
setfattr -n user.count -v 1 "$mnt/small"
mkdir "$mnt/study"
cp "$mnt/large" "$mnt/study/ct.dcm"
setfattr -n user.Modality -v CT "$mnt/study/ct.dcm"
asterope meta set "$store" study/ct.dcm --json 'dose=51.5'
ln "$mnt/study/ct.dcm" "$mnt/study/same"
chmod 640 "$mnt/study/ct.dcm"
asterope export "$store" "$work/plain" --json > "$work/out"
same "$(field errors < "$work/out")" 0 "errors of export"
cmp "$mnt/large" "$work/plain/study/ct.dcm"
same "$(stat -c '%a %h' "$work/plain/study/ct.dcm")" "640 2" "mode and links of an exported file"
same "$(cat "$work/plain/study/ct.dcm.meta.json")" '{"asterope":1,"document":{"Modality":"CT","dose":51.5}}' "the sidecar"
asterope export "$store" "$work/ct" --query "Modality = 'CT'" > "$work/out"
same "$(cd "$work/ct" && find . -type f | sort | tr '\n' ' ')" "./study/ct.dcm ./study/ct.dcm.meta.json " "what a query exports"
asterope init "$work/other"
asterope import "$work/other" "$work/plain" --json > "$work/out"
same "$(field errors < "$work/out")" 0 "errors of import"
asterope mount "$work/other" "$work/mnt2" --log "$work/log2"
left_to_do() { rsync -aHAXn --exclude /query --delete --checksum --itemize-changes "$1/" "$2/"; }
same "$(left_to_do "$mnt" "$work/mnt2")" "" "rsync between the store and what was imported"
same "$(asterope import "$work/other" "$work/plain" --json | field skipped)" "$(/usr/bin/python3 -c 'import json, sys
r = json.load(sys.stdin)
print(r["files"] + r["directories"] + r["others"])' < "$work/out")" "what a second import skips"
asterope umount "$work/mnt2"
asterope check "$work/other"
finish
