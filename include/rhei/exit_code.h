// ExitCode: how main tells what became of a program.
#pragma once

#include "rhei/result.h"

namespace rhei::inline v0 {

// 0 for success; else 1, after the error has been written to stderr. For the last line of main:
//
//     return rhei::ExitCode(server.Run());
int ExitCode(const Status& status);

}  // namespace rhei::inline v0
