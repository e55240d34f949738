// The honest clients of the fault scenarios: calls at a rate, whether or not the server keeps up, until stdin ends.
// Calls wait for a connection. Prints "called" after the first call, which is not counted, and at the end a JSON list
// of what each call came to: when it began (seconds of the monotonic clock), how long it took (seconds), its status.
// Usage: fault_load PORT CALLS_PER_SECOND TIMEOUT_MS METHOD BYTES CONNECTIONS
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "rhei/generic.h"
#include "rhei/rhei.h"

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string target;
  double calls_per_second;
  std::chrono::milliseconds timeout;
  std::string path;
  std::size_t bytes;
  std::size_t connections;
};

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

class Load {
 public:
  explicit Load(const Arguments& arguments)
      : path_(arguments.path),
        request_(arguments.bytes, 'x'),
        options_(rhei::CallOptions().Timeout(arguments.timeout).WaitForReady()) {
    for (std::size_t i = 0; i < arguments.connections; ++i) {
      stubs_.emplace_back(rhei::Connect(arguments.target, rhei::ChannelOptions().Backoff(20ms, 200ms)));
    }
  }

  // Makes a call that is not counted.
  void Connect() const { static_cast<void>(stubs_.front().Call(path_, request_, options_).Wait()); }

  void Call() {
    {
      const std::lock_guard lock(mutex_);
      ++active_;
    }
    const Clock::time_point begin = Clock::now();
    stubs_[next_++ % stubs_.size()]
        .Call(path_, request_, options_)
        .Then([this, begin](const rhei::Result<std::string>& reply) {
          Ended(begin, reply.ok() ? rhei::StatusCode::kOk : reply.error().code());
        });
  }

  // Waits for the calls under way and prints all.
  void Print() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return active_ == 0; });
    std::printf("[");
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      std::printf("%s[%.6f,%.6f,\"%s\"]", i == 0 ? "" : ",", calls_[i].begin, calls_[i].took,
                  std::string(Name(calls_[i].code)).c_str());
    }
    std::printf("]\n");
  }

 private:
  struct Ending {
    double begin;
    double took;
    rhei::StatusCode code;
  };

  void Ended(Clock::time_point begin, rhei::StatusCode code) {
    const Clock::time_point now = Clock::now();
    const std::lock_guard lock(mutex_);
    calls_.push_back({Seconds(begin.time_since_epoch()), Seconds(now - begin), code});
    if (--active_ == 0) ended_.notify_all();
  }

  const std::string path_;
  const std::string request_;
  const rhei::CallOptions options_;
  std::vector<rhei::GenericStub> stubs_;
  std::size_t next_ = 0;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t active_ = 0;
  std::vector<Ending> calls_;
};

// Waits until then. True if stdin has ended before.
bool StdinEndsBefore(Clock::time_point then) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(then - Clock::now());
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  return poll(&input, 1, static_cast<int>(std::max(left, 0ms).count())) > 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: fault_load PORT CALLS_PER_SECOND TIMEOUT_MS METHOD BYTES CONNECTIONS\n");
    return 2;
  }
  const Arguments arguments{.target = std::string("127.0.0.1:") + argv[1],
                            .calls_per_second = std::atof(argv[2]),
                            .timeout = std::chrono::milliseconds(std::atoi(argv[3])),
                            .path = argv[4],
                            .bytes = std::strtoul(argv[5], nullptr, 10),
                            .connections = std::strtoul(argv[6], nullptr, 10)};
  Load load(arguments);
  load.Connect();
  std::printf("called\n");
  std::fflush(stdout);
  const auto pause = std::chrono::duration_cast<Clock::duration>(1s / arguments.calls_per_second);
  for (Clock::time_point next = Clock::now() + pause; !StdinEndsBefore(next); next += pause) load.Call();
  load.Print();
}
