# The one library that users link: rhei::rhei.

get_property(rooms GLOBAL PROPERTY RHEI_ROOMS)
get_property(room_libraries GLOBAL PROPERTY RHEI_ROOM_LIBRARIES)
set(objects)
foreach(room ${rooms})
  list(APPEND objects $<TARGET_OBJECTS:rhei_${room}_objects>)
endforeach()
list(REMOVE_DUPLICATES room_libraries)

add_library(rhei ${objects})
add_library(rhei::rhei ALIAS rhei)
set_target_properties(rhei PROPERTIES LINKER_LANGUAGE CXX VERSION ${PROJECT_VERSION} SOVERSION 0)
target_compile_features(rhei PUBLIC cxx_std_20)
target_include_directories(rhei PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                       $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(rhei PUBLIC protobuf::libprotobuf Threads::Threads PRIVATE ${room_libraries})
