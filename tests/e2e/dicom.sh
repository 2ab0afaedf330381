#!/usr/bin/env bash
# Queries over the tags of real DICOM files give what a loop over the files gives.
. "$(dirname "$0")/mounted.sh"
samples=/usr/lib/python3/dist-packages/pydicom/data/test_files
[ -d "$samples" ] || { echo "SKIPPED: python3-pydicom is not installed"; exit 77; }
cp -r "$samples" "$mnt/samples"
"$SOURCE/packaging/examples/dicom_tags.py" "$mnt/samples"

# The reference: a loop over the files with pydicom alone.
reference() {
    /usr/bin/python3 - "$samples" "$1" <<'PY'
import os, sys, warnings
import pydicom
warnings.simplefilter("ignore")
found = []
for directory, _, files in os.walk(sys.argv[1]):
    for name in files:
        path = os.path.join(directory, name)
        try:
            d = pydicom.dcmread(path, stop_before_pixels=True)
            modality, rows = d.get("Modality"), d.get("Rows")
        except Exception:
            continue
        if eval(sys.argv[2]):
            found.append(("samples/" + os.path.relpath(path, sys.argv[1])).replace("/", "%2F"))
print("\n".join(sorted(found)))
PY
}
listing() { LC_ALL=C ls "$mnt/query/$1"; }
export LC_ALL=C
same "$(listing Modality=CT)" "$(reference 'modality == "CT"')" "Modality=CT"
same "$(listing 'Modality=MR and Rows >= 64')" "$(reference 'modality == "MR" and rows is not None and rows >= 64')" "expression"
same "$(listing Modality=MR/Rows@ge=64)" "$(listing 'Modality=MR and Rows >= 64')" "path form"
same "$(cat "$mnt/query/Modality=CT/.count")" "$(reference 'modality == "CT"' | wc -l)" ".count"
same "$(ls -U "$mnt/query/Modality=CT/@sort=Rows" | wc -l)" "$(listing Modality=CT | wc -l)" "@sort loses nothing"

one=$(listing Modality=CT)
one=${one%%$'\n'*}
result="$mnt/query/Modality=CT/$one" file="$mnt/${one//%2F//}"
same "$(sha256sum < "$result")" "$(sha256sum < "$file")" "content through a result"
setfattr -n user.reviewed -v yes "$result"
same "$(getfattr -n user.reviewed --only-values --absolute-names "$file")" yes "setfattr through a result"
cp -r "$mnt/query/Modality=CT" "$work/copies"
same "$(ls "$work/copies" | wc -l)" "$(listing Modality=CT | wc -l)" "cp -r of a result directory"
# An editor's save: a new file renamed over the old one keeps the metadata.
cp "$file" "$file.new" && mv "$file.new" "$file"
same "$(getfattr -n user.reviewed --only-values --absolute-names "$file")" yes "save by rename"
# A mistake is an answer, and the mount goes on.
! ls "$mnt/query/dose >=" 2>/dev/null || fail "an expression with an error was listed"
reason=$(getfattr -n user.asterope.error --only-values --absolute-names "$mnt/query")
[[ $reason == *"expected a value"* ]] || fail "no reason but '$reason'"
finish
same "$("$ASTEROPE" query "$store" 'reviewed = yes' | wc -l)" 1 "the command finds the same"
