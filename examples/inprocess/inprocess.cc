// A service and its test in one process. The test does not know which way its calls go: in process there is no socket,
// no port, and no message becomes bytes, but deadlines, metadata, flow control and statuses are the same.
#include <iostream>
#include <optional>
#include <string>

#include "rhei/inprocess.h"
#include "rhei/rhei.h"
#include "river.rhei.h"

namespace {

class RiverService final : public river::River::Service {
 public:
  rhei::Task<rhei::Status> Smooth(rhei::ServerContext&, rhei::Reader<river::Level>& levels,
                                  rhei::Writer<river::Level>& means) override {
    double before = 0;
    while (const std::optional<river::Level> level = co_await levels.Next()) {
      if (level->metres() < 0) co_return rhei::Error(rhei::StatusCode::kInvalidArgument, "a level below the ground");
      river::Level mean;
      mean.set_metres((before + level->metres()) / 2);
      if (!co_await means.Write(mean)) break;
      before = level->metres();
    }
    co_return rhei::Status();
  }
};

void Expect(bool condition, const std::string& what) { std::cout << (condition ? "ok: " : "FAILED: ") << what << '\n'; }

void TestSmooth(const rhei::Channel& channel) {
  auto call = river::River::Stub(channel).Smooth();
  river::Level level;
  level.set_metres(3);
  call.Write(level).Wait();
  const std::optional<river::Level> mean = call.Next().Wait();
  Expect(mean && mean->metres() == 1.5, "the first mean is half of the first level");
  level.set_metres(-1);
  call.Write(level).Wait();
  Expect(!call.Next().Wait(), "a level below the ground has no mean");
  Expect(call.Finish().Wait().code() == rhei::StatusCode::kInvalidArgument, "and ends the call");
}

}  // namespace

int main() {
  RiverService service;
  rhei::Server server;
  if (const rhei::Status started = server.Add(service).Listen("127.0.0.1:0").Start(); !started.ok()) {
    std::cerr << started.ToString() << '\n';
    return 1;
  }
  std::cout << "in process\n";
  TestSmooth(rhei::ConnectInProcess(server));
  std::cout << "over a socket\n";
  TestSmooth(rhei::Connect("127.0.0.1:" + std::to_string(server.port())));
}
