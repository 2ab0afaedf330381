# One library for each box of the architecture.
#     asterope_library(NAME [PACKAGE package] SOURCES ... [HEADERS ...] [DEPENDS ...] [PRIVATE ...])
# PACKAGE is the CMake package that it is installed with (packages.cmake); without one it stays in the build tree.
# HEADERS are the public ones; they and what they include are installed as include/asterope/PATH-IN-THE-TREE.
function(asterope_library name)
  cmake_parse_arguments(ARG "" "PACKAGE" "SOURCES;HEADERS;DEPENDS;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/asterope>)
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE})
  target_compile_features(${name} PUBLIC cxx_std_20)
  if(ARG_PACKAGE)
    asterope_install_library(${name} ${ARG_PACKAGE} ${ARG_HEADERS})
  endif()
endfunction()

# asterope-query becomes the target asterope::query, here as for those who install it.
function(asterope_install_library name package)
  string(REGEX REPLACE "^asterope-" "" short ${name})
  add_library(asterope::${short} ALIAS ${name})
  set_target_properties(${name} PROPERTIES EXPORT_NAME ${short} ASTEROPE_PACKAGE ${package})
  set_property(GLOBAL APPEND PROPERTY ASTEROPE_LIBRARIES ${name})
  install(TARGETS ${name} EXPORT ${package} ARCHIVE COMPONENT development)
  file(RELATIVE_PATH room ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  foreach(header ${ARGN})
    set_property(GLOBAL APPEND PROPERTY ASTEROPE_HEADERS ${room}/${header})
  endforeach()
endfunction()
