// A call that nobody keeps would be cancelled at once.
// GNU: a call that is dropped is cancelled
// Clang: a call that is dropped is cancelled
#include "rhei/generic.h"

namespace dropped_call {

void Ask(const rhei::GenericStub& stub) {
#ifdef MISUSE
  stub.Call("/hello.Greeter/SayHello", "");
#else
  stub.Call("/hello.Greeter/SayHello", "").Wait().ok();
#endif
}

}  // namespace dropped_call
