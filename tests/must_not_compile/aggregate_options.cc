// Options are set by functions: GCC 12 destroys an aggregate twice that stands inside a co_await expression.
// GNU: (no matching function|designated initializers cannot be used with a non-aggregate type).*CallOptions
// Clang: (no matching constructor for initialization|initialization of non-aggregate type).*CallOptions
#include "rhei/call_options.h"

namespace aggregate_options {

rhei::CallOptions Patient() {
#ifdef MISUSE
  return rhei::CallOptions{.wait_for_ready = true};
#else
  return rhei::CallOptions().WaitForReady();
#endif
}

}  // namespace aggregate_options
