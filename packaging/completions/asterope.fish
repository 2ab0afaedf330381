# Completion of asterope(1) for fish. The program itself knows what may follow; files may always.
complete -c asterope -a '(asterope complete -- (commandline -opc)[2..-1] "$(commandline -ct)" 2>/dev/null)'
