// Opens many connections to a gRPC server, makes calls on each, one after the other, or opens streams on each and has
// one message answered on every stream; then keeps them all open and quiet, so that the driver can see what an idle
// connection, or an idle stream, costs the server. It speaks just enough HTTP/2 by itself to be cheap: the request is a
// fixed string of bytes.
#include <algorithm>
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
constexpr std::uint32_t kLargeWindow = 1 << 30;
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

// Preface, SETTINGS, and a window that no answer of the server's fills.
std::string OpeningBytes() {
  std::string window(4, '\0');
  WriteUint32(reinterpret_cast<std::byte*>(window.data()), kLargeWindow);
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + FrameText(FrameType::kSettings, 0, 0, "") +
         FrameText(FrameType::kWindowUpdate, 0, 0, window);
}

// The header block of the first call on a connection, and of those that follow: the same fields from HPACK's table.
std::string FirstHeaders(std::string_view path) {
  std::string headers = "\x83\x86";  // :method POST, :scheme http
  headers += IndexedField(4, path);
  headers += IndexedField(1, "127.0.0.1");
  headers += NewField("te", "trailers");
  headers += IndexedField(31, "application/grpc");
  headers += IndexedField(58, "idle_client");
  return headers;
}
constexpr std::string_view kNextHeaders = "\x83\x86\xc2\xc1\xc0\xbf\xbe";

// The start of a call with a body of 16 bytes; `flags` of its DATA.
std::string CallBytes(std::uint32_t stream, std::string_view headers, std::uint8_t flags) {
  const std::string message = "\x0a\x10" + std::string(16, 'x');
  std::string prefixed(kMessagePrefixSize, '\0');
  prefixed.back() = static_cast<char>(message.size());
  prefixed += message;
  return FrameText(FrameType::kHeaders, kEndHeaders, stream, headers) +
         FrameText(FrameType::kData, flags, stream, prefixed);
}

class Connection {
 public:
  Connection(std::uint16_t port, std::string_view path) : socket_(Socket::Connect(port)), path_(path) {
    Send(OpeningBytes());
  }

  const Socket& socket() const { return socket_; }

  // A call that is complete, or the first message on a stream that stays open.
  void Begin(bool stays_open) {
    const std::string bytes = CallBytes(2 * begun_ + 1, begun_ == 0 ? FirstHeaders(path_) : std::string(kNextHeaders),
                                        stays_open ? 0 : kEndStream);
    ++begun_;
    if (!stays_open) ++to_end_;
    Send(bytes);
  }
  // All that was begun has its reply, and is over if it does not stay open.
  bool answered() const { return messages_ == begun_ && ended_ == to_end_; }

  // Takes in what has come, and acknowledges what wants to be.
  void Advance() {
    if (!input_.Receive(socket_)) Die("the server closed a connection");
    while (const std::optional<Frame> frame = input_.Next()) Take(*frame);
  }

 private:
  void Send(std::string_view bytes) const {
    if (!socket_.Send(Bytes(bytes))) Die("send");
  }

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
      case FrameType::kData: messages_ += frame.payload.empty() ? 0 : 1; break;
      case FrameType::kHeaders: ended_ += (frame.flags & kEndStream) != 0 ? 1 : 0; break;
      case FrameType::kWindowUpdate: break;
      case FrameType::kResetStream: Die("the server reset a stream");
      case FrameType::kGoAway: Die("the server sent GOAWAY");
    }
  }

  Socket socket_;
  FrameReader input_{kReceiveBuffer};
  const std::string path_;
  std::uint32_t begun_ = 0;
  std::uint32_t to_end_ = 0;
  std::uint32_t messages_ = 0;
  std::uint32_t ended_ = 0;
};

struct Options {
  std::int64_t port = 0;
  std::int64_t cpu = -1;
  std::int64_t connections = 9000;
  std::int64_t calls = 1;
  std::int64_t streams = 0;
  std::string path = "/rhei.bench.Bench/Unary";
};

Options Parse(int argc, char** argv) {
  Options options;
  Flags flags("Makes calls on each of many connections, says so, and holds them until standard input ends.");
  flags.Add("--calls", &options.calls, "calls on each connection, one after the other");
  flags.Add("--streams", &options.streams, "streams to open and hold on each connection, instead of the calls");
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
    connections.push_back(std::make_unique<Connection>(static_cast<std::uint16_t>(options.port), options.path));
    Connection& connection = *connections.back();
    poller.Watch(connection.socket(), static_cast<std::uint32_t>(i));
    for (std::int64_t left = options.streams > 0 ? options.streams : options.calls; left > 0; --left) {
      connection.Begin(options.streams > 0);
      while (!connection.answered()) {
        if (!turn()) return 1;
      }
    }
  }
  std::printf("{\"connections\": %zu, \"streams\": %lld}\n", connections.size(),
              static_cast<long long>(options.connections * options.streams));
  std::fflush(stdout);
  while (turn()) {
  }
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
