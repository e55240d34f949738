// An error that nobody looks at.
// GNU: an error that nobody looks at is lost
// Clang: an error that nobody looks at is lost
#include "rhei/server.h"

namespace dropped_result {

bool Serve(rhei::Server& server) {
#ifdef MISUSE
  server.Start();
  return true;
#else
  return server.Start().ok();
#endif
}

}  // namespace dropped_result
