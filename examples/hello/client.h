// What the clients of both versions do alike.
#pragma once

#include <functional>
#include <string>

#include "rhei/rhei.h"

namespace demo {

struct Asked {
  std::string name;
  long delay = 0;
};

// Reads lines "NAME [DELAY]" from standard input until it ends. Prints "NAME: asking" when the call of each is under
// way, then "NAME: " and the answer. All calls go over one channel. Usage: PROGRAM TARGET [--wait-for-ready]; `ask`
// starts a call and returns what waits for its answer. Returns the exit code of the program.
int RunClient(int argc, char** argv,
              const std::function<std::function<std::string()>(const rhei::Channel& channel, const Asked& asked,
                                                               const rhei::CallOptions& options)>& ask);

}  // namespace demo
