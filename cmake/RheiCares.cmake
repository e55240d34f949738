# Makes rhei::cares, the library of c-ares, if it is there; else RHEI_CARES_ADVICE says what to do. Who links a static
# rhei needs it too, so this file is installed.

set(RHEI_CARES_ADVICE "Install c-ares (Debian: libc-ares-dev), then configure again: rhei looks up names with it")
find_path(RHEI_CARES_INCLUDE ares.h)
find_library(RHEI_CARES_LIBRARY cares)
mark_as_advanced(RHEI_CARES_INCLUDE RHEI_CARES_LIBRARY)
if(RHEI_CARES_INCLUDE AND RHEI_CARES_LIBRARY AND NOT TARGET rhei::cares)
  add_library(rhei::cares UNKNOWN IMPORTED)
  set_target_properties(rhei::cares PROPERTIES
    IMPORTED_LOCATION ${RHEI_CARES_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${RHEI_CARES_INCLUDE})
endif()
