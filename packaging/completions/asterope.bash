# Completion of asterope(1) for bash. The program itself knows what may follow; where it knows nothing, files may.
_asterope() {
    local word description
    COMPREPLY=()
    while IFS=$'\t' read -r word description; do
        COMPREPLY+=("$word")
    done < <(asterope complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _asterope asterope
