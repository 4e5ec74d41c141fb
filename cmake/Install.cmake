include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(sluice_package "${CMAKE_INSTALL_LIBDIR}/cmake/sluice")
set(sluice_installed sluice)
if(TARGET sluice_engine)
  list(APPEND sluice_installed sluice_engine)
endif()
install(TARGETS ${sluice_installed} EXPORT sluiceTargets FILE_SET HEADERS FILE_SET bodies)
install(EXPORT sluiceTargets NAMESPACE sluice:: DESTINATION ${sluice_package})

configure_package_config_file(cmake/sluiceConfig.cmake.in sluiceConfig.cmake
                              INSTALL_DESTINATION ${sluice_package})
write_basic_package_version_file(sluiceConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/sluiceConfig.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/sluiceConfigVersion.cmake"
        DESTINATION ${sluice_package})
