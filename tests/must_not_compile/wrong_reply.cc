// A handler answers with its method's reply, or with an error.
// GNU: could not convert .*rhei::v0::Task<
// Clang: no viable conversion from returned value .*rhei::Task<
#include <string>

#include "rhei/service.h"

namespace wrong_reply {

class Greeter final : public rhei::GenericService {
  rhei::Task<rhei::Result<std::string>> Call(rhei::ServerContext&, const std::string&) override {
#ifdef MISUSE
    return 42;
#else
    return std::string("42");
#endif
  }
};

}  // namespace wrong_reply
