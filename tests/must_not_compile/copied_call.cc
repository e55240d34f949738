// A call has one owner, who cancels it by letting it go.
// GNU: use of deleted function '.*UnaryCall.*\(const .*UnaryCall
// Clang: call to implicitly-deleted copy constructor of .*UnaryCall
#include <string>
#include <utility>

#include "rhei/call.h"

namespace copied_call {

rhei::Result<std::string> Twice(rhei::UnaryCall<std::string> call) {
#ifdef MISUSE
  rhei::UnaryCall<std::string> second = call;
#else
  rhei::UnaryCall<std::string> second = std::move(call);
#endif
  return second.Wait();
}

}  // namespace copied_call
