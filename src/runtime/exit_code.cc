#include "rhei/exit_code.h"

#include <cstdio>

namespace rhei::inline v0 {

int ExitCode(const Status& status) {
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}

}  // namespace rhei::inline v0
