// Raw TCP in bulk, receiver: copies each message into a fresh string, which is the least that a receiver of messages
// can do.
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "streaming/streaming_arguments.h"
#include "support/load_run.h"
#include "support/process.h"
#include "support/socket.h"

namespace rhei::bench {
namespace {

constexpr std::size_t kReceiveBuffer = 256 * 1024;

// Cuts what comes into messages of one size.
class Messages {
 public:
  Messages(std::size_t size, LoadRun* run) : size_(size), run_(run), begun_(run->Begin()) { message_.reserve(size); }

  void Take(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::string_view part = bytes.substr(0, size_ - message_.size());
      message_.append(part);
      bytes.remove_prefix(part.size());
      if (message_.size() == size_) EndMessage();
    }
  }

 private:
  void EndMessage() {
    run_->End(begun_, message_.back() == 'x');
    begun_ = run_->Begin();
    message_ = std::string();
    message_.reserve(size_);
  }

  const std::size_t size_;
  LoadRun* const run_;
  LoadRun::TimePoint begun_;
  std::string message_;
};

int Main(int argc, char** argv) {
  const StreamingArguments arguments = StartStreamingClient(argc, argv, "Raw TCP in bulk, receiver.");
  RefuseBusyPoll(arguments.busy_poll, "raw TCP in bulk");
  RefuseCallOptions(arguments, "raw TCP");
  RequireArgument(arguments.download && arguments.payload > 0, "raw TCP has --method download only, and a --payload");
  const Socket socket = Socket::Connect(static_cast<std::uint16_t>(arguments.port));
  LoadRun run(arguments);
  Messages messages(static_cast<std::size_t>(arguments.payload), &run);
  std::vector<char> buffer(kReceiveBuffer);
  while (run.running()) {
    const std::ptrdiff_t received = socket.AwaitBytes(std::as_writable_bytes(std::span(buffer)));
    if (received < 0) Die("the server closed the connection");
    messages.Take({buffer.data(), static_cast<std::size_t>(received)});
  }
  std::puts(run.ToJson().c_str());
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
