# The Debian packages: librhei0.1 has the shared library, librhei-dev the rest. They install to /usr:
#
#     cmake -S . -B build/package -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr -DBUILD_SHARED_LIBS=ON
#     cmake --build build/package && cd build/package && cpack -G DEB

get_target_property(rhei_type rhei TYPE)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME rhei)
set(CPACK_PACKAGE_VENDOR "The rhei authors")
set(CPACK_PACKAGE_CONTACT "The rhei authors <${PROJECT_HOMEPAGE_URL}>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_HOMEPAGE ${PROJECT_HOMEPAGE_URL})

# A static library is for developers only, and brings what else has to be linked.
set(CPACK_COMPONENTS_ALL development)
set(development_depends "libprotobuf-dev, protobuf-compiler")
if(rhei_type STREQUAL "STATIC_LIBRARY")
  string(APPEND development_depends ", libc-ares-dev")
else()
  list(APPEND CPACK_COMPONENTS_ALL runtime)
  string(APPEND development_depends
         ", librhei${RHEI_ABI_VERSION} (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
endif()
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME librhei-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS ${development_depends})
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
    "${PROJECT_DESCRIPTION}: headers, CMake files and the generator protoc-gen-rhei")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME librhei${RHEI_ABI_VERSION})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "${PROJECT_DESCRIPTION}: the shared library")

# Debian wants each package's licence under its own name.
foreach(component runtime development)
  string(TOUPPER ${component} upper)
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE RENAME copyright COMPONENT ${component}
          DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
endforeach()

include(CPack)
