#!/usr/bin/env bash
# Installs, and builds and runs the example as a project of somebody else's.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

DESTDIR="$work/root" "$CMAKE" --install "$BUILD" --prefix /usr > "$work/install.log" || { cat "$work/install.log"; exit 1; }
usr=$work/root/usr
for file in bin/asterope include/asterope/asterope.h share/man/man1/asterope.1 share/man/man7/asterope-query.7 \
            share/man/man8/mount.asterope.8; do
    [ -f "$usr/$file" ] || fail "$file is not installed"
done
[ "$(ls "$work/root")" = usr ] || fail "something went outside of the prefix: $(ls "$work/root")"
"$usr/bin/asterope" --version
# Nothing that is installed knows where it was built, debugging information aside.
left=$(grep -rlIF -e "$SOURCE" -e "$BUILD" "$usr") || true
[ -z "$left" ] || fail "these files name the source or build folder: $left"

flags=${SANITIZE:+-fsanitize=$SANITIZE}
"$CMAKE" -S "$SOURCE/tests/packaging/outside" -B "$work/build" -G Ninja -DEXAMPLE="$SOURCE/client/examples/scans.cc" \
    -DCMAKE_PREFIX_PATH="$usr" -DCMAKE_CXX_FLAGS="-std=c++20 $flags" -DCMAKE_EXE_LINKER_FLAGS="$flags" > "$work/log" 2>&1 ||
    { cat "$work/log"; fail "the outside project does not configure"; }
"$CMAKE" --build "$work/build" > "$work/log" 2>&1 || { cat "$work/log"; fail "the outside project does not build"; }
"$work/build/scans" "$work/store" > "$work/out"
grep -qxF "1000 bytes of patient 12345" "$work/out" || fail "the outside program printed: $(cat "$work/out")"
"$usr/bin/asterope" check "$work/store"
echo ok
