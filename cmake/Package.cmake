# Packages by CPack, of what `cmake --install` installs: an archive, and a .deb where there is dpkg.
find_program(SLUICE_DPKG dpkg)
mark_as_advanced(SLUICE_DPKG)

set(CPACK_GENERATOR TGZ)
if(SLUICE_DPKG)
  list(APPEND CPACK_GENERATOR DEB)
endif()
set(CPACK_PACKAGE_NAME sluice)
set(CPACK_PACKAGE_CONTACT "The sluice maintainers")
set(CPACK_PACKAGE_FILE_NAME "sluice-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_RESOURCE_FILE_README "${PROJECT_SOURCE_DIR}/README.md")

set(CPACK_DEBIAN_PACKAGE_NAME libsluice-dev)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
# Debian 12 has Boost 1.74 under the plain name and 1.81 beside it.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libboost-dev (>= 1.81) | libboost1.81-dev")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake (>= 3.25), pkg-config")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "Pipelines are typed expressions whose narrow operators the compiler fuses into one loop; an engine on Boost.Asio
 runs them, a batch per interval. Headers, the engine compiled once, and files for CMake and pkg-config.")
include(CPack)
