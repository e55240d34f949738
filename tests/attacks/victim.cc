// The server under attack, and under the faults of tests/faults. attack.Victim sends back what it is sent, at once, or,
// by its method Slow, after 50 ms, or, by Keep, after 2 s; Stuck answers when the call is cancelled; Unique adds a
// header that no answer had before; Who tells the metadata x-user, and Running how many handlers run of those that take
// their time. attack.Streams has Download, of as
// many messages of 64 KiB as the request's text says, and Hold, which reads nothing. All limits are the defaults, but
// for those that are named. When it has stopped it prints how many of those handlers ran at once at most, how many were
// started, how late Stuck heard of its deadline at most, and what was counted as abuse.
// Usage: attack_victim [--port PORT] [--keepalive-ms TIME] [--max-connections COUNT]
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rhei/rhei.h"
#include "rhei/streaming_method.h"

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kDownloadMessage = 64 * 1024;
constexpr std::size_t kLargeAnswer = 1024 * 1024;

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

  static int now() { return running_; }
  static int most() { return most_; }
  static int started() { return started_; }

 private:
  inline static std::atomic<int> running_ = 0;
  inline static std::atomic<int> most_ = 0;
  inline static std::atomic<int> started_ = 0;
};

// How late a handler heard of its deadline, at most, in microseconds.
std::atomic<std::int64_t> most_late = 0;

void NoteLateness(rhei::TimePoint deadline) {
  const std::int64_t late =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - deadline).count();
  std::int64_t most = most_late;
  while (most < late && !most_late.compare_exchange_weak(most, late)) {
  }
}

class Victim final : public rhei::GenericService {
  rhei::Task<rhei::Result<std::string>> Call(rhei::ServerContext& context, const std::string& request) override {
    if (context.method() == "/attack.Victim/Slow") return Slow(request, 50ms);
    if (context.method() == "/attack.Victim/Keep") return Slow(request, 2s);
    if (context.method() == "/attack.Victim/Stuck") return Stuck(context);
    if (context.method() == "/attack.Victim/Unique") context.headers().Add("x-unique", std::to_string(++unique_));
    if (context.method() == "/attack.Victim/Running") return std::to_string(Running::now());
    if (context.method() == "/attack.Victim/Large") return std::string(kLargeAnswer, 'x');
    if (context.method() == "/attack.Victim/Who")
      return std::string(context.metadata().Get("x-user").value_or("nobody"));
    return request;
  }

  // Ends early when the call is cancelled, as Sleep does.
  static rhei::Task<rhei::Result<std::string>> Slow(std::string request, rhei::Duration duration) {
    const Running running;
    if (const rhei::Status slept = co_await rhei::Sleep(duration); !slept.ok()) co_return slept.error();
    co_return request;
  }

  static rhei::Task<rhei::Result<std::string>> Stuck(rhei::ServerContext& context) {
    const Running running;
    const rhei::Status slept = co_await rhei::Sleep(1h);
    if (const std::optional<rhei::TimePoint> deadline = context.Deadline()) NoteLateness(*deadline);
    co_return slept.error();
  }

  std::atomic<int> unique_ = 0;
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
    const Running running;
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

struct Arguments {
  std::string address = "127.0.0.1:0";
  rhei::Limits limits;
};

// Nothing if they are not as the usage says.
std::optional<Arguments> Parse(std::span<char* const> words) {
  Arguments arguments;
  if (words.size() % 2 != 0) return std::nullopt;
  for (; !words.empty(); words = words.subspan(2)) {
    const std::string_view name = words[0];
    if (name == "--port") {
      arguments.address = std::string("127.0.0.1:") + words[1];
    } else if (name == "--keepalive-ms") {
      arguments.limits.keepalive_time = arguments.limits.keepalive_timeout =
          std::chrono::milliseconds(std::atoi(words[1]));
    } else if (name == "--max-connections") {
      arguments.limits.max_connections = static_cast<std::uint32_t>(std::atoi(words[1]));
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

}  // namespace

int main(int argc, char** argv) {
  const std::optional<Arguments> arguments = Parse(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
  if (!arguments) {
    std::fprintf(stderr, "usage: attack_victim [--port PORT] [--keepalive-ms TIME] [--max-connections COUNT]\n");
    return 2;
  }
  Victim victim;
  Streams streams;
  rhei::Server server(rhei::ServerOptions().Grace(5s).UseLimits(arguments->limits));
  server.Add(streams).AddGeneric(victim).Listen(arguments->address);
  const rhei::Status ended = server.Run([&] {
    std::printf("listening on %d\n", server.port());
    std::fflush(stdout);
  });
  std::printf("at most %d handlers at once\n%d handlers started\n", Running::most(), Running::started());
  std::printf("deadlines were heard of at most %lld us late\n", static_cast<long long>(most_late));
  PrintAbuses(server.Abuses());
  return rhei::ExitCode(ended);
}
