// A user's code, with a service and a call.
#include "main.rhei.h"

namespace {

class Main final : public generate_test::Main::Service {
  rhei::Task<rhei::Result<generate_test::Imported>> Get(rhei::ServerContext&, const google::protobuf::Empty&) override {
    return generate_test::Imported();
  }
};

}  // namespace

rhei::Result<generate_test::Imported> Ask(const rhei::Channel& channel) {
  const Main service;
  return generate_test::Main::Stub(channel).Get(google::protobuf::Empty()).Wait();
}
