# Stops at a target that links something of rhei's name that does not exist. CMake would take "rhei" for a library of
# the system, and say of rhei::other only that it was not found.

include_guard(GLOBAL)

# All targets that a folder and those below it make.
function(_rhei_targets_of folder result)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  get_property(subfolders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(subfolder ${subfolders})
    _rhei_targets_of(${subfolder} below)
    list(APPEND targets ${below})
  endforeach()
  set(${result} ${targets} PARENT_SCOPE)
endfunction()

function(_rhei_check_links folder)
  _rhei_targets_of(${folder} targets)
  foreach(target ${targets})
    get_target_property(linked ${target} LINK_LIBRARIES)
    get_target_property(passed_on ${target} INTERFACE_LINK_LIBRARIES)
    foreach(name ${linked} ${passed_on})
      if(name MATCHES "^([Rr]hei|RHEI|librhei)(::[A-Za-z0-9_+.-]+)?$" AND NOT TARGET ${name})
        message(FATAL_ERROR "Link rhei::rhei: the target ${target} links ${name}, which does not exist")
      endif()
    endforeach()
  endforeach()
endfunction()

# Checks the targets of this folder and those below it, when all of them have been made.
function(rhei_check_links_at_the_end_of folder)
  cmake_language(EVAL CODE "cmake_language(DEFER DIRECTORY [[${folder}]] CALL _rhei_check_links [[${folder}]])")
endfunction()
