#!/usr/bin/env bash
# Editors save in their ways; the fields of the file stay.
. "$(dirname "$0")/mounted.sh"
command -v vim >/dev/null || { echo "SKIPPED: vim is not installed"; exit 77; }
prepare() {
    printf 'one\ntwo\n' > "$mnt/text"
    setfattr -n user.PatientID -v 12345 "$mnt/text"
}
# What must be true after saving in the way $1.
saved() {
    same "$(cat "$mnt/text")" $'1\ntwo' "content after $1"
    same "$(xattr PatientID "$mnt/text")" 12345 "field after $1"
    same "$(ls "$mnt/query/PatientID=12345")" text "the query after $1"
    same "$(ls -A "$mnt")" $'query\ntext' "files left by $1"
    rm "$mnt/text"
}
for backupcopy in no yes auto; do
    prepare
    vim -u NONE -i NONE -es -c "set writebackup backupcopy=$backupcopy" -c '%s/one/1/' -c wq "$mnt/text" </dev/null
    saved "vim with backupcopy=$backupcopy"
done
prepare
sed -i 's/one/1/' "$mnt/text"
saved "sed -i"
prepare
perl -pi -e 's/one/1/' "$mnt/text"
saved "perl -pi"
# As most graphical editors and browsers do: a new file, on disk, renamed over the old one.
prepare
sed 's/one/1/' "$mnt/text" > "$mnt/.text.tmp"
sync "$mnt/.text.tmp"
mv "$mnt/.text.tmp" "$mnt/text"
saved "a new file renamed over the old one"
# A file with fields of its own keeps them; one that was there before is no save of this one.
prepare
printf 'other\n' > "$mnt/other"
setfattr -n user.PatientID -v 999 "$mnt/other"
mv "$mnt/other" "$mnt/text"
same "$(xattr PatientID "$mnt/text")" 999 "fields of a file that had its own"
finish
