// The server under attack: sends back what it is sent, at once or, by the method Slow, after 50 ms. When it has stopped
// it prints how many handlers of Slow ran at once at most. All limits are the defaults. Usage: attack_victim
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>

#include "rhei/rhei.h"

namespace {

using namespace std::chrono_literals;

// Counts the handlers that run, for as long as it lives.
class Running {
 public:
  Running() {
    const int now = ++running_;
    int most = most_;
    while (most < now && !most_.compare_exchange_weak(most, now)) {
    }
  }
  ~Running() { --running_; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  static int most() { return most_; }

 private:
  inline static std::atomic<int> running_ = 0;
  inline static std::atomic<int> most_ = 0;
};

class Victim final : public rhei::GenericService {
  rhei::Task<rhei::Result<std::string>> Call(rhei::ServerContext& context, const std::string& request) override {
    if (context.method() != "/attack.Victim/Slow") return request;
    return Slow(request);
  }

  // Ends early when the call is cancelled, as Sleep does.
  static rhei::Task<rhei::Result<std::string>> Slow(std::string request) {
    const Running running;
    if (const rhei::Status slept = co_await rhei::Sleep(50ms); !slept.ok()) co_return slept.error();
    co_return request;
  }
};

}  // namespace

int main() {
  Victim victim;
  rhei::Server server(rhei::ServerOptions().Grace(5s));
  server.AddGeneric(victim).Listen("127.0.0.1:0");
  const rhei::Status ended = server.Run([&] {
    std::printf("listening on %d\n", server.port());
    std::fflush(stdout);
  });
  std::printf("at most %d handlers at once\n", Running::most());
  return rhei::ExitCode(ended);
}
