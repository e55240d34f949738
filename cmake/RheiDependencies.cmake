# What rhei links, from the distribution's packages; ./dev installs them. Global, because a project that rhei is a part
# of links them with it.

find_package(Threads REQUIRED GLOBAL)
find_package(Protobuf GLOBAL)
if(NOT TARGET protobuf::libprotobuf)
  message(FATAL_ERROR "Install protobuf (Debian: libprotobuf-dev protobuf-compiler), then configure again: rhei needs "
                      "its headers and its library")
endif()

find_path(RHEI_ASIO_INCLUDE asio.hpp)
if(NOT RHEI_ASIO_INCLUDE)
  message(FATAL_ERROR "Install Asio (Debian: libasio-dev), then configure again: rhei is built with its headers")
endif()
# Headers alone, which rhei's users do without.
add_library(rhei_asio INTERFACE)
target_include_directories(rhei_asio SYSTEM INTERFACE ${RHEI_ASIO_INCLUDE})
target_compile_definitions(rhei_asio INTERFACE ASIO_STANDALONE ASIO_NO_DEPRECATED)
# Asio looks for it by a macro that is there only behind a header of the standard library, and would allocate in one file
# what another one frees in another way.
target_compile_definitions(rhei_asio INTERFACE ASIO_HAS_STD_ALIGNED_ALLOC=1)
if(RHEI_SANITIZE MATCHES "thread")
  # ThreadSanitizer does not know fences, and GCC refuses to compile them under it. Asio's queues have their mutex.
  target_compile_definitions(rhei_asio INTERFACE ASIO_DISABLE_FENCED_BLOCK)
endif()

include(RheiCares)
if(NOT TARGET rhei::cares)
  message(FATAL_ERROR "${RHEI_CARES_ADVICE}")
endif()
set_target_properties(rhei::cares PROPERTIES IMPORTED_GLOBAL TRUE)
