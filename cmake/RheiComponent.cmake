# How the rooms of src/ are built: each is a set of objects that goes into the one library that users link, and a
# static library of its own for tests that need no more than this room and those below it.

add_library(rhei_flags INTERFACE)
target_compile_features(rhei_flags INTERFACE cxx_std_20)
if(RHEI_DEVELOPER_WARNINGS)
  target_compile_options(rhei_flags INTERFACE
                         -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
  # GCC 12 sees overlapping copies where "text" + std::string is inlined (GCC bug 105651).
  target_compile_options(rhei_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
endif()
# The instrumentation of sanitizers brings false warnings (GCC's manual, -fsanitize); the other builds have seen the
# code.
if(RHEI_DEVELOPER_WARNINGS AND NOT RHEI_SANITIZE)
  target_compile_options(rhei_flags INTERFACE -Werror)
endif()
if(RHEI_SANITIZE)
  add_compile_options(-fsanitize=${RHEI_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${RHEI_SANITIZE})
endif()

# Sets `result` to the compiler's options by which a shared library exports what these public headers declare.
function(rhei_exports result)
  set(folder ${PROJECT_SOURCE_DIR}/cmake/exports)
  set(options --include=${folder}/begin.inc)
  foreach(name ${ARGN})
    list(APPEND options --include=${PROJECT_SOURCE_DIR}/include/rhei/${name}.h)
  endforeach()
  list(APPEND options --include=${folder}/end.inc)
  set(${result} ${options} PARENT_SCOPE)
  set_property(GLOBAL APPEND PROPERTY RHEI_EXPORTED_HEADERS ${ARGN})
endfunction()

# rhei_component(NAME SOURCES file... [EXPORTS header...] [DEPENDS room...] [HEADERS target...] [LIBRARIES target...])
#
# EXPORTS are the room's public headers, `task` for rhei/task.h. LIBRARIES are what a program that links a static rhei
# needs, too: rhei-config.cmake.in looks for them. HEADERS are targets with nothing to link.
function(rhei_component name)
  cmake_parse_arguments(ARG "" "" "SOURCES;EXPORTS;DEPENDS;HEADERS;LIBRARIES" ${ARGN})
  set(links ${ARG_HEADERS} ${ARG_LIBRARIES} Threads::Threads)
  foreach(room ${ARG_DEPENDS})
    list(APPEND links rhei_${room})
  endforeach()

  add_library(rhei_${name}_objects OBJECT ${ARG_SOURCES})
  set_target_properties(rhei_${name}_objects PROPERTIES
    POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(ARG_EXPORTS)
    rhei_exports(options ${ARG_EXPORTS})
    target_compile_options(rhei_${name}_objects PRIVATE ${options})
  endif()
  target_include_directories(rhei_${name}_objects PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(rhei_${name}_objects PUBLIC ${links} PRIVATE rhei_flags)
  # Nobody replaces single functions of rhei at load time, so calls inside a file may be inlined in spite of -fPIC.
  target_compile_options(rhei_${name}_objects PRIVATE -fno-semantic-interposition)

  add_library(rhei_${name} STATIC EXCLUDE_FROM_ALL $<TARGET_OBJECTS:rhei_${name}_objects>)
  set_target_properties(rhei_${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_include_directories(rhei_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_compile_features(rhei_${name} PUBLIC cxx_std_20)
  target_link_libraries(rhei_${name} PUBLIC ${links})

  set_property(GLOBAL APPEND PROPERTY RHEI_ROOMS ${name})
  set_property(GLOBAL APPEND PROPERTY RHEI_ROOM_LIBRARIES ${ARG_LIBRARIES})
endfunction()

# rhei_test(NAME SOURCES file... LIBRARIES target...): one test program, one CTest test.
function(rhei_test name)
  if(NOT RHEI_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
  find_package(GTest REQUIRED)
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} GTest::gmock GTest::gtest GTest::gtest_main rhei_flags)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()
