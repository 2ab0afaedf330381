# Run at installation: copies `headers` (paths in the tree at `source`) and all headers of the tree that they include to
# the folder `target`. Following the includes keeps the lists of public headers short and right.
while(headers)
  list(POP_FRONT headers header)
  list(APPEND done ${header})
  get_filename_component(folder ${header} DIRECTORY)
  file(INSTALL ${source}/${header} DESTINATION ${target}/${folder})
  file(STRINGS ${source}/${header} includes REGEX "^#include \"")
  list(TRANSFORM includes REPLACE "^#include \"(.*)\".*" "\\1")
  list(REMOVE_ITEM includes ${done})
  list(APPEND headers ${includes})
  list(REMOVE_DUPLICATES headers)
endwhile()
