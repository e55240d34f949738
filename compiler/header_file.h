// The text of x.rhei.h: the classes that users derive from and call.
#pragma once

#include <string>

#include "compiler/file_model.h"

namespace rhei::inline v0::compiler {

std::string HeaderFile(const FileModel& file);

}  // namespace rhei::inline v0::compiler
