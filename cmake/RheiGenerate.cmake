# rhei_generate(TARGET proto... [IMPORT_DIRS dir...])
#
# Generates C++ for .proto files and compiles it into TARGET, a library or executable that the same CMakeLists.txt has
# made before:
#
#     add_library(weather_api STATIC)
#     rhei_generate(weather_api weather.proto)          # weather.pb.{h,cc} and weather.rhei.{h,cc}
#
#     add_executable(server server.cc)                  # #include "weather.rhei.h"
#     target_link_libraries(server PRIVATE weather_api)
#
# IMPORT_DIRS are the folders in which `import` looks, before the current source folder. A .proto file is known, to
# other .proto files and to #include, by its path below the first of these folders that holds it; one outside all of
# them by its name alone. The system's own .proto files (google/protobuf/...) are found without help.
#
# TARGET is linked with rhei::rhei and gets the folder of the generated files as an include folder; a library passes
# both on. The files lie in the build folder, apart for each target. They are made anew when their .proto, one that it
# imports, or the generator changes; where a path has a space in it, at every build, because protoc writes no usable
# dependency file then. The compiler's warnings are off for the generated sources, and for the headers in what includes
# them.

include_guard(GLOBAL)
# The function runs with the policies of this file, whatever its caller's are.
cmake_policy(PUSH)
cmake_policy(VERSION 3.25)

function(rhei_generate target)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "IMPORT_DIRS")
  _rhei_check_target(${target})
  if(NOT ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "rhei_generate(${target}): name the .proto files behind the target")
  endif()
  if(NOT TARGET rhei::protoc-gen-rhei)
    message(FATAL_ERROR "rhei_generate(${target}): call find_package(rhei REQUIRED) in this folder or above it; there "
                        "is no rhei::protoc-gen-rhei here")
  endif()
  # Here, because imported targets are visible only in the folder that looked for them and below.
  if(NOT TARGET protobuf::protoc OR NOT TARGET protobuf::libprotobuf)
    find_package(Protobuf REQUIRED)
  endif()
  if(NOT TARGET protobuf::protoc)
    message(FATAL_ERROR "rhei_generate(${target}): install protoc (Debian: protobuf-compiler); CMake does not find it")
  endif()

  _rhei_check_protoc(${target})

  _rhei_import_dirs(${target} import_dirs ${ARG_IMPORT_DIRS})
  set(output_dir ${CMAKE_CURRENT_BINARY_DIR}/rhei_generate/${target})
  file(MAKE_DIRECTORY ${output_dir})
  foreach(proto ${ARG_UNPARSED_ARGUMENTS})
    _rhei_generate_one(${target} ${proto} ${output_dir} ${import_dirs})
  endforeach()
  _rhei_use_generated(${target} ${output_dir})
endfunction()

# Stops unless generated sources can be added to the target from here.
function(_rhei_check_target target)
  if(NOT TARGET ${target})
    message(FATAL_ERROR "rhei_generate(${target}): make the target first, as by add_library(${target} STATIC); "
                        "there is none of that name")
  endif()
  get_target_property(aliased ${target} ALIASED_TARGET)
  if(aliased)
    message(FATAL_ERROR "rhei_generate(${target}): name the target ${aliased} itself; ${target} is an alias of it")
  endif()
  get_target_property(imported ${target} IMPORTED)
  get_target_property(type ${target} TYPE)
  if(imported OR NOT type MATCHES "^(EXECUTABLE|(STATIC|SHARED|MODULE|OBJECT)_LIBRARY)$")
    message(FATAL_ERROR "rhei_generate(${target}): name a library or an executable that this project compiles; "
                        "${target} is none")
  endif()
  get_target_property(source_dir ${target} SOURCE_DIR)
  if(NOT source_dir STREQUAL CMAKE_CURRENT_SOURCE_DIR)
    message(FATAL_ERROR "rhei_generate(${target}): call it in ${source_dir}/CMakeLists.txt, which makes the target; "
                        "CMake knows generated files only in one folder")
  endif()
endfunction()

# Stops if protoc is older than what rhei is tested with. One that the project builds itself cannot be asked yet; the
# plugin asks again.
function(_rhei_check_protoc target)
  get_target_property(protoc protobuf::protoc IMPORTED_LOCATION)
  get_property(good_protocs GLOBAL PROPERTY RHEI_GOOD_PROTOCS)
  if(NOT protoc OR protoc IN_LIST good_protocs)
    return()
  endif()
  execute_process(COMMAND ${protoc} --version RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE said)
  string(REGEX MATCH "[0-9]+([.][0-9]+)+" version "${said}")
  if(NOT code EQUAL 0 OR NOT version)
    message(FATAL_ERROR "rhei_generate(${target}): set Protobuf_PROTOC_EXECUTABLE to a protoc that works; "
                        "${protoc} --version says: ${said}")
  elseif(version VERSION_LESS 3.21)
    message(FATAL_ERROR "rhei_generate(${target}): install protoc 3.21 or newer, or set Protobuf_PROTOC_EXECUTABLE to "
                        "one; ${protoc} is ${version}")
  endif()
  set_property(GLOBAL APPEND PROPERTY RHEI_GOOD_PROTOCS ${protoc})
endfunction()

# Sets `result` to the absolute import folders: those given, then the current source folder.
function(_rhei_import_dirs target result)
  set(import_dirs)
  foreach(dir ${ARGN} ${CMAKE_CURRENT_SOURCE_DIR})
    cmake_path(ABSOLUTE_PATH dir BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    if(NOT IS_DIRECTORY ${dir})
      message(FATAL_ERROR "rhei_generate(${target}): correct IMPORT_DIRS; there is no folder ${dir}")
    endif()
    # protoc compares paths as text.
    string(REGEX REPLACE "(.)/$" "\\1" dir ${dir})
    list(APPEND import_dirs ${dir})
  endforeach()
  list(REMOVE_DUPLICATES import_dirs)
  set(${result} ${import_dirs} PARENT_SCOPE)
endfunction()

# Adds the rule for one .proto, and its sources to the target. The import folders follow.
function(_rhei_generate_one target proto output_dir)
  set(import_dirs ${ARGN})
  cmake_path(ABSOLUTE_PATH proto BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
  if(NOT EXISTS ${proto})
    message(FATAL_ERROR "rhei_generate(${target}): correct the path of a .proto file; there is no file ${proto}")
  endif()
  if(NOT proto MATCHES "\\.proto$")
    message(FATAL_ERROR "rhei_generate(${target}): name .proto files only; ${proto} is none")
  endif()
  _rhei_known_name(${proto} name ${import_dirs})
  cmake_path(GET proto FILENAME filename)
  if(name STREQUAL filename)
    cmake_path(GET proto PARENT_PATH own_dir)
    list(APPEND import_dirs ${own_dir})
    list(REMOVE_DUPLICATES import_dirs)
  endif()
  list(TRANSFORM import_dirs PREPEND "-I")

  string(REGEX REPLACE "\\.proto$" "" stem ${output_dir}/${name})
  set(sources ${stem}.pb.cc ${stem}.rhei.cc)
  set(headers ${stem}.pb.h ${stem}.rhei.h)
  add_custom_command(
    OUTPUT ${sources} ${headers}
    COMMAND protobuf::protoc ${import_dirs} --cpp_out=${output_dir} --rhei_out=${output_dir}
            --plugin=protoc-gen-rhei=$<TARGET_FILE:rhei::protoc-gen-rhei> --dependency_out=${stem}.d ${proto}
    DEPENDS ${proto} rhei::protoc-gen-rhei $<TARGET_FILE:rhei::protoc-gen-rhei>
    DEPFILE ${stem}.d
    COMMENT "Generating C++ from ${name}"
    VERBATIM)
  set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS "-w" SKIP_LINTING ON)
  target_sources(${target} PRIVATE ${sources} ${headers})
endfunction()

# Sets `result` to the path of a .proto below the first import folder that holds it, or else to its file name.
function(_rhei_known_name proto result)
  cmake_path(GET proto FILENAME name)
  foreach(dir ${ARGN})
    cmake_path(IS_PREFIX dir ${proto} is_below)
    if(is_below)
      cmake_path(RELATIVE_PATH proto BASE_DIRECTORY ${dir} OUTPUT_VARIABLE name)
      break()
    endif()
  endforeach()
  set(${result} ${name} PARENT_SCOPE)
endfunction()

# By properties instead of target_link_libraries, whose two signatures must not be mixed: the caller may use either.
function(_rhei_use_generated target output_dir)
  target_include_directories(${target} SYSTEM PUBLIC $<BUILD_INTERFACE:${output_dir}>)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_property(TARGET ${target} APPEND PROPERTY LINK_LIBRARIES rhei::rhei)
  set_property(TARGET ${target} APPEND PROPERTY INTERFACE_LINK_LIBRARIES rhei::rhei)
endfunction()

cmake_policy(POP)
