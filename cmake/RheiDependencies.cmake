# What rhei links, from the distribution's packages; ./dev installs them.

find_package(Protobuf REQUIRED)

find_path(RHEI_ASIO_INCLUDE asio.hpp REQUIRED)
add_library(rhei_asio INTERFACE)
target_include_directories(rhei_asio SYSTEM INTERFACE ${RHEI_ASIO_INCLUDE})
target_compile_definitions(rhei_asio INTERFACE ASIO_STANDALONE ASIO_NO_DEPRECATED)
if(RHEI_SANITIZE MATCHES "thread")
  # ThreadSanitizer does not know fences, and GCC refuses to compile them under it. Asio's queues have their mutex.
  target_compile_definitions(rhei_asio INTERFACE ASIO_DISABLE_FENCED_BLOCK)
endif()

find_path(RHEI_CARES_INCLUDE ares.h REQUIRED)
find_library(RHEI_CARES_LIBRARY cares REQUIRED)
