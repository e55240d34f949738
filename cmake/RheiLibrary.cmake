# The one library that users link, rhei::rhei: static, or shared by -DBUILD_SHARED_LIBS=ON, of the same objects.

get_property(rooms GLOBAL PROPERTY RHEI_ROOMS)
get_property(room_libraries GLOBAL PROPERTY RHEI_ROOM_LIBRARIES)
set(objects)
foreach(room ${rooms})
  list(APPEND objects $<TARGET_OBJECTS:rhei_${room}_objects>)
endforeach()
list(REMOVE_DUPLICATES room_libraries)

# Before 1.0 each minor version has an ABI of its own, so that no program loads a library that it was not built with.
set(RHEI_ABI_VERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

add_library(rhei ${objects})
add_library(rhei::rhei ALIAS rhei)
set_target_properties(rhei PROPERTIES LINKER_LANGUAGE CXX VERSION ${PROJECT_VERSION} SOVERSION ${RHEI_ABI_VERSION})
target_compile_features(rhei PUBLIC cxx_std_20)
# As a part of somebody's project, rhei's headers are not for that project's warnings.
set(system)
if(NOT RHEI_IS_TOP_LEVEL)
  set(system SYSTEM)
endif()
target_include_directories(rhei ${system} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                                 $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
# rhei/rpc/error_details.pb.h, which protoc makes.
target_include_directories(rhei SYSTEM PUBLIC $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/src/protobuf/generated>)
target_link_libraries(rhei PUBLIC protobuf::libprotobuf Threads::Threads PRIVATE ${room_libraries})

# For the test that no public header was left out.
get_property(exported_headers GLOBAL PROPERTY RHEI_EXPORTED_HEADERS)
list(JOIN exported_headers "\n" exported_headers)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/exported_headers.txt "${exported_headers}\n")

get_target_property(rhei_type rhei TYPE)
if(rhei_type STREQUAL "SHARED_LIBRARY")
  set(exports ${CMAKE_CURRENT_BINARY_DIR}/exports.map)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/exports/exports.map.in ${exports} @ONLY)
  set_property(TARGET rhei APPEND PROPERTY LINK_DEPENDS ${exports})
  target_link_options(rhei PRIVATE LINKER:--version-script=${exports})
  if(NOT RHEI_SANITIZE)
    # The sanitizers' own symbols are in the program only.
    target_link_options(rhei PRIVATE LINKER:--no-undefined)
  endif()
endif()
