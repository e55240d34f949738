// The text of x.rhei.cc: what ties the classes of x.rhei.h to the library.
#pragma once

#include <string>

#include "compiler/file_model.h"

namespace rhei::inline v0::compiler {

std::string SourceFile(const FileModel& file);

}  // namespace rhei::inline v0::compiler
