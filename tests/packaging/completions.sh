#!/usr/bin/env bash
# The installed completions of bash, zsh and fish offer what the program knows.
set -euo pipefail
for shell in zsh fish; do
    command -v $shell > /dev/null || { echo "SKIPPED: $shell is not installed"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
"$CMAKE" --install "$BUILD" --prefix "$work" --component runtime > /dev/null
export PATH="$work/bin:$PATH" HOME="$work" XDG_CONFIG_HOME="$work" share="$work/share"

in_bash() {
    bash --norc -c '. "$share/bash-completion/completions/asterope"
                    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _asterope; printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}
in_zsh() {
    zsh -f -c '_describe() { print -rl -- "${(@)${(@P)2}%%:*}" }; _files() { true }
               words=("$@") CURRENT=$#; . "$share/zsh/site-functions/_asterope"' zsh "$@"
}
in_fish() {
    fish --no-config -c 'source $share/fish/vendor_completions.d/asterope.fish; complete -C "'"$*"'"' | cut -f1
}
# expect SHELL "words found" WORD...
expect() {
    local shell=$1 expected=$2 found
    shift 2
    found=$("in_$shell" "$@" | sort | tr '\n' ' ')
    [ "${found% }" = "$expected" ] || fail "$shell: '$*' gives '$found' instead of '$expected'"
}
cd "$work"
mkdir empty && cd empty
for shell in bash zsh fish; do
    expect $shell "meta mount mv" asterope m
    expect $shell "patch" asterope meta p
    expect $shell "--count" asterope query --c
    expect $shell "--json" asterope ls store --j
    expect $shell "" asterope query store Mod
done
# The whole table of options stands behind it.
[ "$(asterope complete -- query -- | cut -f1 | sort | tr '\n' ' ')" = "--count --explain --help --json --limit --null --snapshot --tx " ] ||
    fail "options of query: $(asterope complete -- query --)"
echo ok
