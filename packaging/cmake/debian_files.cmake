# Run by CPack on what it has staged: what Debian's policy asks for beyond an ordinary installation.
file(GLOB_RECURSE pages ${CPACK_TEMPORARY_DIRECTORY}/*/usr/share/man/*.[178])
foreach(page ${pages})
  execute_process(COMMAND gzip -9nf ${page} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
file(GLOB_RECURSE libraries ${CPACK_TEMPORARY_DIRECTORY}/*/usr/lib/*.a)
foreach(library ${libraries})
  execute_process(COMMAND strip --strip-debug --enable-deterministic-archives ${library} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
file(GLOB staged ${CPACK_TEMPORARY_DIRECTORY}/*)
set(name_of_runtime asterope)
set(name_of_development libasterope-dev)
foreach(folder ${staged})
  get_filename_component(component ${folder} NAME)
  set(documents ${folder}/usr/share/doc/${name_of_${component}})
  file(REMOVE ${documents}/LICENSE)
  file(WRITE ${documents}/copyright "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2026 the authors of AsteropeDB
License: Apache-2.0
 On Debian systems the text of this license is in /usr/share/common-licenses/Apache-2.0.
")
endforeach()
