// Starts a hello server, calls it once as soon as it says where it listens, and prints the microseconds from before its
// start to the end of its answer. The call is made of fixed bytes, so that no client's own start is measured.
//
//   first_answer PROGRAM
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "support/http2_frames.h"
#include "support/process.h"
#include "support/socket.h"

extern char** environ;

namespace rhei::bench {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::string_view kPath = "/hello.Greeter/SayHello";
constexpr std::string_view kRequest = "\x0a\x05world";  // HelloRequest{name: "world"}
constexpr std::string_view kReply = "Hello, world!";
constexpr std::uint32_t kStream = 1;

// A program that runs until this object goes.
class Child {
 public:
  explicit Child(const char* program) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) Die("pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    const std::string name(program);
    std::array<char*, 2> arguments{const_cast<char*>(name.c_str()), nullptr};
    if (posix_spawn(&pid_, program, &actions, nullptr, arguments.data(), environ) != 0) Die(program);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    output_ = ends[0];
  }
  ~Child() {
    close(output_);
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The line that it prints first.
  std::string FirstLine() const {
    std::string line;
    char next = 0;
    while (read(output_, &next, 1) == 1 && next != '\n') line += next;
    return line;
  }

 private:
  pid_t pid_ = 0;
  int output_ = -1;
};

void Append(std::vector<std::byte>& to, std::string_view text) {
  const std::size_t before = to.size();
  to.resize(before + text.size());
  std::memcpy(to.data() + before, text.data(), text.size());
}

void AppendFrame(std::vector<std::byte>& to, FrameType type, std::uint8_t flags, std::uint32_t stream,
                 std::string_view payload) {
  std::array<std::byte, kFrameHeaderSize> head{};
  WriteFrameHeader(head.data(), type, flags, stream, static_cast<std::uint32_t>(payload.size()));
  to.insert(to.end(), head.begin(), head.end());
  Append(to, payload);
}

// A literal field of HPACK without indexing (RFC 7541, section 6.2.2); the texts are under 127 bytes.
std::string Literal(std::string_view name_bytes, std::string_view value) {
  return std::string(name_bytes) + static_cast<char>(value.size()) + std::string(value);
}

std::vector<std::byte> Call() {
  using namespace std::string_view_literals;
  std::string fields("\x83\x86"sv);            // :method POST, :scheme http
  fields += Literal("\x04"sv, kPath);          // :path
  fields += Literal("\x01"sv, "localhost"sv);  // :authority
  fields += Literal("\x0f\x10"sv, "application/grpc"sv);
  fields += Literal("\x00\x02te"sv, "trailers"sv);
  const std::string message = std::string("\0\0\0\0"sv) + static_cast<char>(kRequest.size()) + std::string(kRequest);

  std::vector<std::byte> bytes;
  Append(bytes, kPreface);
  AppendFrame(bytes, FrameType::kSettings, 0, 0, {});
  AppendFrame(bytes, FrameType::kHeaders, kEndHeaders, kStream, fields);
  AppendFrame(bytes, FrameType::kData, kEndStream, kStream, message);
  return bytes;
}

void WaitForInput(const Socket& socket) {
  pollfd wanted{socket.descriptor(), POLLIN, 0};
  if (poll(&wanted, 1, 10'000) != 1) Die("no answer within 10 s");
}

// Returns when the call has ended; the program ends if it did so without the reply.
void AwaitAnswer(const Socket& socket) {
  FrameReader input(64 * 1024);
  bool replied = false;
  for (;;) {
    WaitForInput(socket);
    if (!input.Receive(socket)) Die("the server closed the connection");
    while (const auto frame = input.Next()) {
      if (frame->stream != kStream) continue;
      const std::string_view payload(reinterpret_cast<const char*>(frame->payload.data()), frame->payload.size());
      if (frame->type == FrameType::kData) replied = payload.find(kReply) != std::string_view::npos;
      const bool ended = frame->type == FrameType::kHeaders && (frame->flags & kEndStream) != 0;
      if (ended && !replied) Die("the call ended without its reply");
      if (ended) return;
    }
  }
}

int Main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: first_answer PROGRAM\n", stderr);
    return 2;
  }
  const std::vector<std::byte> call = Call();
  const auto begun = std::chrono::steady_clock::now();
  const Child server(argv[1]);
  const std::string line = server.FirstLine();
  int port = 0;
  if (std::sscanf(line.c_str(), "listening on %d", &port) != 1) Die("the server does not say where it listens");
  const Socket socket = Socket::Connect(static_cast<std::uint16_t>(port));
  if (!socket.Send(call)) Die("send");
  AwaitAnswer(socket);
  const auto took = std::chrono::steady_clock::now() - begun;
  std::printf("%lld\n", static_cast<long long>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
