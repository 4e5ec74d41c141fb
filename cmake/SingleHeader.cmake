# Makes sluice.hpp, and a sluice/ of headers that only include it, and lets the target `sluice` offer these: whatever
# links it is built from the one file. For tests; what is installed is the tree.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

set(sluice_single "${PROJECT_BINARY_DIR}/single")
set(sluice_generator "${PROJECT_SOURCE_DIR}/packaging/single_header.py")
add_custom_command(OUTPUT "${sluice_single}/sluice.hpp"
  COMMAND Python3::Interpreter "${sluice_generator}" "${PROJECT_SOURCE_DIR}/include" "${sluice_single}" --forward
  DEPENDS "${sluice_generator}" LICENSE ${sluice_headers} ${sluice_bodies}
  COMMENT "Making one header of all" VERBATIM)
add_custom_target(sluice_single_header DEPENDS "${sluice_single}/sluice.hpp")

add_dependencies(sluice sluice_single_header)
target_include_directories(sluice INTERFACE "${sluice_single}")
set(SLUICE_INSTALL OFF)
