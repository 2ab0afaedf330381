#!/usr/bin/env bash
# The example of the README compiles and prints what its calls mean.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$EXAMPLE" "$work/store" > "$work/out"
cat "$work/out"
for line in "1000 bytes of patient 12345" "text: study1/ct-001.dcm" "1 MR" "100000 bytes streamed" "2 reviewed" \
            "2 CT before the cleanup" "left: archive/2024/mr-001.dcm"; do
    grep -qxF "$line" "$work/out" || { echo "FAILED: no line '$line'"; exit 1; }
done
! grep -q "left: study1" "$work/out" || { echo "FAILED: a removed key is still found"; exit 1; }
"$ASTEROPE" check "$work/store"
