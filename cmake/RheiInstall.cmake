# cmake --install: the library, the headers, the generator, and what find_package(rhei) and pkg-config read. Nothing in
# it names the folder that it is installed to, so that one may be moved. Components: `runtime` is what programs need,
# `development` the rest.

include(CMakePackageConfigHelpers)

set(RHEI_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/rhei)

install(TARGETS rhei EXPORT rhei-targets
  LIBRARY COMPONENT runtime NAMELINK_COMPONENT development
  ARCHIVE COMPONENT development)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/rhei DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
        FILES_MATCHING PATTERN *.h)

# A generator of the user's own is where it was; the others install theirs.
if(NOT RHEI_PROTOC_GEN_RHEI)
  install(TARGETS protoc-gen-rhei EXPORT rhei-targets RUNTIME COMPONENT development)
  set(RHEI_INSTALLED_PLUGIN ${CMAKE_INSTALL_BINDIR}/protoc-gen-rhei${CMAKE_EXECUTABLE_SUFFIX})
endif()

install(EXPORT rhei-targets NAMESPACE rhei:: DESTINATION ${RHEI_CMAKE_DIR} COMPONENT development)

get_target_property(rhei_type rhei TYPE)
string(COMPARE EQUAL "${rhei_type}" STATIC_LIBRARY RHEI_IS_STATIC)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/rhei-config.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/rhei-config.cmake INSTALL_DESTINATION ${RHEI_CMAKE_DIR})
# As the ABI: before 1.0 another minor version is another library.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/rhei-config-version.cmake COMPATIBILITY SameMinorVersion)
install(
  FILES ${CMAKE_CURRENT_BINARY_DIR}/rhei-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/rhei-config-version.cmake
        ${PROJECT_SOURCE_DIR}/cmake/RheiCares.cmake ${PROJECT_SOURCE_DIR}/cmake/RheiCheckLinks.cmake
        ${PROJECT_SOURCE_DIR}/cmake/RheiGenerate.cmake
  DESTINATION ${RHEI_CMAKE_DIR} COMPONENT development)

# From the folder of rhei.pc to the prefix.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX
           BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig OUTPUT_VARIABLE RHEI_PREFIX_FROM_PC)
if(RHEI_IS_STATIC)
  set(RHEI_PC_REQUIRES "protobuf libcares")
else()
  set(RHEI_PC_REQUIRES "protobuf")
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/rhei.pc.in ${CMAKE_CURRENT_BINARY_DIR}/rhei.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/rhei.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
        COMPONENT development)
