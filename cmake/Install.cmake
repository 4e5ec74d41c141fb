include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(sluice_package "${CMAKE_INSTALL_LIBDIR}/cmake/sluice")
set(sluice_installed sluice)
if(TARGET sluice_engine)
  list(APPEND sluice_installed sluice_engine)
endif()
install(TARGETS ${sluice_installed} EXPORT sluiceTargets FILE_SET HEADERS)
install(EXPORT sluiceTargets NAMESPACE sluice:: DESTINATION ${sluice_package})

configure_package_config_file(cmake/sluiceConfig.cmake.in sluiceConfig.cmake
                              INSTALL_DESTINATION ${sluice_package})
write_basic_package_version_file(sluiceConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/sluiceConfig.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/sluiceConfigVersion.cmake"
        DESTINATION ${sluice_package})

# Relative to where they stand, so that a package may be unpacked anywhere.
set(sluice_pkgconfig "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
file(RELATIVE_PATH sluice_pc_include "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
foreach(name IN ITEMS sluice sluice-engine)
  configure_file(cmake/${name}.pc.in ${name}.pc @ONLY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/${name}.pc" DESTINATION ${sluice_pkgconfig})
endforeach()

install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN *.md)
# The docs lead to them.
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN *.?pp PATTERN *.expected)
if(PROJECT_IS_TOP_LEVEL)
  include(cmake/Package.cmake)
endif()
