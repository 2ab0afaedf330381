# The Debian packages `asterope` and `libasterope-dev`: cpack -G DEB --config build/CPackConfig.cmake
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "AsteropeDB")
set(CPACK_PACKAGE_CONTACT "AsteropeDB developers <developers@asteropedb.example>" CACHE STRING "Maintainer of the packages")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL runtime development)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/debian_files.cmake)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME asterope)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION database)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS fuse3)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_RECOMMENDS attr)
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION "database for large files with queryable metadata, and a filesystem
AsteropeDB stores large binary files together with metadata that can be
queried, and shows the whole database as a filesystem: metadata are extended
attributes, and a directory named by a query lists the files that match.")

list(JOIN ASTEROPE_DEBIAN_PACKAGES ", " CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libasterope-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "C++ library of AsteropeDB
Headers, static libraries and CMake packages for programs that open a store
of AsteropeDB, a database for large files with queryable metadata.")

include(CPack)
cpack_add_component(runtime)
cpack_add_component(development)
