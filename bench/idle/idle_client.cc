// Opens many connections to a gRPC server, makes one call on each, and then keeps them all open and quiet, so that the
// driver can see what an idle connection costs the server. It speaks just enough HTTP/2 by itself to be cheap: the
// request is a fixed string of bytes.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/flags.h"
#include "support/http2_frames.h"
#include "support/process.h"
#include "support/socket.h"
#include "support/socket_poller.h"

namespace rhei::bench {
namespace {

constexpr std::size_t kReceiveBuffer = 1024;  // a frame of a reply this small is much smaller
constexpr std::uint32_t kStream = 1;
constexpr std::uint32_t kStandardInputKey = UINT32_MAX;

std::span<const std::byte> Bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string FrameText(FrameType type, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
  std::string text(kFrameHeaderSize, '\0');
  WriteFrameHeader(reinterpret_cast<std::byte*>(text.data()), type, flags, stream,
                   static_cast<std::uint32_t>(payload.size()));
  return text.append(payload);
}

// A literal field that enters HPACK's table, as a real client sends it (RFC 7541, section 6.2.1), with a name from the
// static table. Text stays under 127 bytes, so its length is one byte.
std::string IndexedField(int static_name, std::string_view value) {
  return std::string{static_cast<char>(0x40 | static_name), static_cast<char>(value.size())}.append(value);
}

std::string NewField(std::string_view name, std::string_view value) {
  std::string field{0x40, static_cast<char>(name.size())};
  field.append(name).push_back(static_cast<char>(value.size()));
  return field.append(value);
}

// Preface, SETTINGS, and one call with a body of 16 bytes.
std::string OpeningBytes(std::string_view path) {
  std::string headers = "\x83\x86";  // :method POST, :scheme http
  headers += IndexedField(4, path);
  headers += IndexedField(1, "127.0.0.1");
  headers += NewField("te", "trailers");
  headers += IndexedField(31, "application/grpc");
  headers += IndexedField(58, "idle_client");
  const std::string message = "\x0a\x10" + std::string(16, 'x');
  std::string prefixed(kMessagePrefixSize, '\0');
  prefixed.back() = static_cast<char>(message.size());
  prefixed += message;
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + FrameText(FrameType::kSettings, 0, 0, "") +
         FrameText(FrameType::kHeaders, kEndHeaders, kStream, headers) +
         FrameText(FrameType::kData, kEndStream, kStream, prefixed);
}

class Connection {
 public:
  explicit Connection(std::uint16_t port) : socket_(Socket::Connect(port)) {}

  const Socket& socket() const { return socket_; }
  // The reply has come, message and trailers.
  bool answered() const { return message_received_ && ended_; }

  void Send(std::string_view bytes) const {
    if (!socket_.Send(Bytes(bytes))) Die("send");
  }

  // Takes in what has come, and acknowledges what wants to be.
  void Advance() {
    if (!input_.Receive(socket_)) Die("the server closed a connection");
    while (const std::optional<Frame> frame = input_.Next()) Take(*frame);
  }

 private:
  void Take(const Frame& frame) {
    const bool acknowledgement = (frame.flags & kAcknowledge) != 0;
    switch (frame.type) {
      case FrameType::kSettings:
        if (!acknowledgement) Send(FrameText(FrameType::kSettings, kAcknowledge, 0, ""));
        break;
      case FrameType::kPing: {
        const std::string_view opaque(reinterpret_cast<const char*>(frame.payload.data()), frame.payload.size());
        if (!acknowledgement) Send(FrameText(FrameType::kPing, kAcknowledge, 0, opaque));
        break;
      }
      case FrameType::kData: message_received_ = message_received_ || !frame.payload.empty(); break;
      case FrameType::kHeaders: ended_ = (frame.flags & kEndStream) != 0; break;
      case FrameType::kGoAway: Die("the server sent GOAWAY");
    }
  }

  Socket socket_;
  FrameReader input_{kReceiveBuffer};
  bool message_received_ = false;
  bool ended_ = false;
};

struct Options {
  std::int64_t port = 0;
  std::int64_t cpu = -1;
  std::int64_t connections = 9000;
  std::string path = "/rhei.bench.Bench/Unary";
};

Options Parse(int argc, char** argv) {
  Options options;
  Flags flags("Makes one call on each of many connections, says so, and holds them until standard input ends.");
  flags.Add("--port", &options.port, "port on 127.0.0.1");
  flags.Add("--cpu", &options.cpu, "core to run on, -1 for any");
  flags.Add("--connections", &options.connections, "how many");
  flags.Add("--path", &options.path, "the method");
  flags.Parse(argc, argv);
  return options;
}

int Main(int argc, char** argv) {
  const Options options = Parse(argc, argv);
  PinToCpu(static_cast<int>(options.cpu));
  const std::string opening = OpeningBytes(options.path);
  SocketPoller poller{std::chrono::microseconds(0)};
  poller.WatchStandardInput(kStandardInputKey);
  std::vector<std::unique_ptr<Connection>> connections;

  // Returns whether standard input is still open.
  const auto turn = [&] {
    bool open = true;
    for (const epoll_event& event : poller.Wait()) {
      if (event.data.u32 == kStandardInputKey) {
        open = false;
      } else {
        connections[event.data.u32]->Advance();
      }
    }
    return open;
  };
  for (std::int64_t i = 0; i < options.connections; ++i) {
    connections.push_back(std::make_unique<Connection>(static_cast<std::uint16_t>(options.port)));
    poller.Watch(connections.back()->socket(), static_cast<std::uint32_t>(i));
    connections.back()->Send(opening);
    while (!connections.back()->answered()) {
      if (!turn()) return 1;
    }
  }
  std::printf("{\"connections\": %zu}\n", connections.size());
  std::fflush(stdout);
  while (turn()) {
  }
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
