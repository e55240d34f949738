// The bare frame loop's server: what HTTP/2 frames and protobuf cost when nothing else is done. It answers each DATA
// frame with the header blocks that a unary reply has once HPACK's table is warm, and follows no rule of HTTP/2.
#include <cstdint>
#include <memory>
#include <vector>

#include "bench.pb.h"
#include "support/arguments.h"
#include "support/http2_frames.h"
#include "support/process.h"
#include "support/socket.h"
#include "support/socket_poller.h"

namespace rhei::bench {
namespace {

constexpr std::size_t kReceiveBuffer = 256 * 1024;
constexpr std::size_t kReplyOverhead = 3 * kFrameHeaderSize + kMessagePrefixSize + 3 + 1;
constexpr std::uint32_t kListenerKey = UINT32_MAX;

class Connection {
 public:
  explicit Connection(Socket socket) : socket_(std::move(socket)) {}

  const Socket& socket() const { return socket_; }

  // Answers all that has come with one write. False when the peer is gone.
  bool Serve() {
    if (!input_.Receive(socket_)) return false;
    output_.clear();
    while (const std::optional<Frame> frame = input_.Next()) {
      if (frame->type == FrameType::kData) Answer(*frame);
    }
    return socket_.Send(output_);
  }

 private:
  void Answer(const Frame& frame) {
    const std::span message = frame.payload.subspan(kMessagePrefixSize);
    if (!request_.ParseFromArray(message.data(), static_cast<int>(message.size()))) Die("parse a request");
    reply_.set_body(request_.body());

    const auto size = static_cast<std::uint32_t>(reply_.ByteSizeLong());
    const std::size_t start = output_.size();
    output_.resize(start + kReplyOverhead + size);
    std::byte* out = output_.data() + start;
    // :status 200, then content-type and grpc-accept-encoding as entries of the dynamic table.
    out = WriteFrameHeader(out, FrameType::kHeaders, kEndHeaders, frame.stream, 3);
    for (const int indexed : {0x88, 0xbe, 0xbf}) *out++ = static_cast<std::byte>(indexed);
    out = WriteFrameHeader(out, FrameType::kData, 0, frame.stream, kMessagePrefixSize + size);
    *out++ = std::byte{0};
    out = WriteUint32(out, size);
    out = reinterpret_cast<std::byte*>(reply_.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(out)));
    // grpc-status: 0.
    out = WriteFrameHeader(out, FrameType::kHeaders, kEndHeaders | kEndStream, frame.stream, 1);
    *out = std::byte{0xc0};
  }

  Socket socket_;
  FrameReader input_{kReceiveBuffer};
  std::vector<std::byte> output_;
  Payload request_;
  Payload reply_;
};

int Main(int argc, char** argv) {
  const ServerArguments arguments = StartServer(argc, argv, "Bare frame loop, server.");
  const Socket listener = Socket::Listen(static_cast<std::uint16_t>(arguments.port));
  SocketPoller poller{std::chrono::microseconds(arguments.busy_poll)};
  poller.Watch(listener, kListenerKey);
  AnnouncePort(listener.local_port());

  std::vector<std::unique_ptr<Connection>> connections;
  while (true) {  // until SIGTERM ends the process
    for (const epoll_event& event : poller.Wait()) {
      const std::uint32_t key = event.data.u32;
      if (key == kListenerKey) {
        connections.push_back(std::make_unique<Connection>(listener.Accept()));
        poller.Watch(connections.back()->socket(), static_cast<std::uint32_t>(connections.size() - 1));
      } else if (!connections[key]->Serve()) {
        connections[key].reset();
      }
    }
  }
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
