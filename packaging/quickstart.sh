#!/usr/bin/env bash
# Installs, builds, makes a store, mounts it, and shows the main job on real files: the DICOM samples of python3-pydicom.
set -euo pipefail
cd "$(dirname "$0")/.."
packaging/install-dependencies.sh
cmake --preset release -DASTEROPE_TESTS=OFF -DCMAKE_MESSAGE_LOG_LEVEL=WARNING
cmake --build --preset release --parallel "$(nproc)"
export PATH="$PWD/build/bin:$PATH"

work=$(mktemp -d)
trap 'umount -l "$work/mnt" 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir "$work/mnt"
samples=/usr/lib/python3/dist-packages/pydicom/data/test_files
tagger="$PWD/packaging/examples/dicom_tags.py"
cd "$work"

show() { printf '\n$ %s\n' "$*"; eval "$*"; }
show "asterope init ./scans"
show "asterope mount ./scans ./mnt --log ./log"
show "cp -r $samples ./mnt/samples"
show "$tagger ./mnt/samples"
show "getfattr -d ./mnt/samples/CT_small.dcm"
show "ls './mnt/query/Modality=CT/'"
show "cat './mnt/query/Modality=MR and Rows >= 64/.count'"
show "ls ./mnt/query/Modality=MR/Rows@ge=64/@sort=-Rows/@limit=5/"
show "cp -r './mnt/query/Modality=CT/' ./to-review"
show "ls -l ./to-review"
show "asterope umount ./mnt"
show "asterope query ./scans \"Modality = 'CT' and StudyDate >= 2004-01-01\""
show "asterope check ./scans"
