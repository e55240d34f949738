// A callback takes a Result: there may be an error instead of a reply.
// GNU: no matching function for call to .*UnaryCall<.*::Then\(
// Clang: no matching member function for call to 'Then'
#include <string>
#include <utility>

#include "rhei/call.h"

namespace wrong_callback {

void Print(rhei::UnaryCall<std::string> call) {
#ifdef MISUSE
  call.Then([](const std::string*) {});
#else
  call.Then([](rhei::Result<std::string>) {});
#endif
}

}  // namespace wrong_callback
