// The server under attack. attack.Victim sends back what it is sent, at once or, by its method Slow, after 50 ms; Who
// tells the metadata x-user. attack.Streams has Download, of as many messages of 64 KiB as the request's text says, and
// Hold, which reads nothing. All limits are the defaults. When it has stopped it prints how many handlers of Slow ran
// at once at most, how many were started, and what was counted as abuse. Usage: attack_victim
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "rhei/rhei.h"
#include "rhei/streaming_method.h"

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kDownloadMessage = 64 * 1024;

// Counts the handlers that run, for as long as it lives.
class Running {
 public:
  Running() {
    ++started_;
    const int now = ++running_;
    int most = most_;
    while (most < now && !most_.compare_exchange_weak(most, now)) {
    }
  }
  ~Running() { --running_; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  static int most() { return most_; }
  static int started() { return started_; }

 private:
  inline static std::atomic<int> running_ = 0;
  inline static std::atomic<int> most_ = 0;
  inline static std::atomic<int> started_ = 0;
};

class Victim final : public rhei::GenericService {
  rhei::Task<rhei::Result<std::string>> Call(rhei::ServerContext& context, const std::string& request) override {
    if (context.method() == "/attack.Victim/Slow") return Slow(request);
    if (context.method() == "/attack.Victim/Who")
      return std::string(context.metadata().Get("x-user").value_or("nobody"));
    return request;
  }

  // Ends early when the call is cancelled, as Sleep does.
  static rhei::Task<rhei::Result<std::string>> Slow(std::string request) {
    const Running running;
    if (const rhei::Status slept = co_await rhei::Sleep(50ms); !slept.ok()) co_return slept.error();
    co_return request;
  }
};

class Streams final : public rhei::Service {
 public:
  std::string_view service_name() const override { return "attack.Streams"; }
  void AddMethods(rhei::MethodTable& table) override {
    table.AddServerStreaming("/attack.Streams/Download", *this, &Streams::Download);
    table.AddBidiStreaming("/attack.Streams/Hold", *this, &Streams::Hold);
  }

 private:
  rhei::Task<rhei::Status> Download(rhei::ServerContext&, const std::string& request,
                                    rhei::Writer<std::string>& writer) {
    // One for all, so that what a row measures is held by rhei and not here.
    static const std::string message(kDownloadMessage, 'x');
    for (int left = std::atoi(request.c_str()); left > 0; --left) {
      const bool wanted = co_await writer.Write(message);
      if (!wanted) break;
    }
    co_return rhei::Status();
  }
  rhei::Task<rhei::Status> Hold(rhei::ServerContext&, rhei::Reader<std::string>&, rhei::Writer<std::string>&) {
    co_return co_await rhei::Sleep(1h);
  }
};

void PrintAbuses(const rhei::AbuseCounts& counts) {
  for (std::size_t i = 0; i < rhei::kAbuseKinds; ++i) {
    const auto kind = static_cast<rhei::Abuse>(i);
    if (counts[kind] > 0) {
      std::printf("abuse %s %llu\n", std::string(Name(kind)).c_str(), static_cast<unsigned long long>(counts[kind]));
    }
  }
}

}  // namespace

int main() {
  Victim victim;
  Streams streams;
  rhei::Server server(rhei::ServerOptions().Grace(5s));
  server.Add(streams).AddGeneric(victim).Listen("127.0.0.1:0");
  const rhei::Status ended = server.Run([&] {
    std::printf("listening on %d\n", server.port());
    std::fflush(stdout);
  });
  std::printf("at most %d handlers at once\n%d handlers started\n", Running::most(), Running::started());
  PrintAbuses(server.Abuses());
  return rhei::ExitCode(ended);
}
