# testdata/: for each case the .proto files and, beside them, what the generator is to write. It is compared by the
# test compiler_golden, renewed by the target refresh_golden, and compiled as rhei_golden_code, so that it is known to
# be valid and free of warnings.

set(golden ${CMAKE_CURRENT_SOURCE_DIR}/golden.sh)
set(generators $<TARGET_FILE:protoc-gen-rhei> $<TARGET_FILE:protobuf::protoc>)
add_test(NAME compiler_golden COMMAND ${golden} check ${generators})
add_custom_target(refresh_golden COMMAND ${golden} refresh ${generators} VERBATIM)

# Protobuf's side of it, with the folder of headers that the case pb_prefix asks for.
set(messages ${CMAKE_CURRENT_BINARY_DIR}/golden)
file(MAKE_DIRECTORY ${messages}/messages)
file(GLOB protos CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/testdata/*/*.proto)
set(message_headers)
foreach(proto ${protos})
  cmake_path(GET proto PARENT_PATH case)
  cmake_path(GET proto STEM stem)
  set(output ${messages})
  if(stem STREQUAL "pb_prefix")
    set(output ${messages}/messages)
  endif()
  add_custom_command(
    OUTPUT ${output}/${stem}.pb.h
    COMMAND protobuf::protoc -I${case} --cpp_out=${output} ${proto}
    DEPENDS ${proto}
    VERBATIM)
  list(APPEND message_headers ${output}/${stem}.pb.h)
endforeach()

file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/testdata/*/*.rhei.cc)
add_library(rhei_golden_code OBJECT ${sources} ${message_headers})
# All at once and without optimisation: the headers cost far more than the code, which never runs.
set_target_properties(rhei_golden_code PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
target_compile_features(rhei_golden_code PRIVATE cxx_std_20)
target_compile_options(rhei_golden_code PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -O0)
target_include_directories(rhei_golden_code PRIVATE ${PROJECT_SOURCE_DIR}/include)
target_include_directories(rhei_golden_code SYSTEM PRIVATE ${messages})
target_link_libraries(rhei_golden_code PRIVATE protobuf::libprotobuf)
