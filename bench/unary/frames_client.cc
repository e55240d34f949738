// The bare frame loop's client (frames_server.cc says what that is).
#include <cstdint>
#include <cstdio>
#include <memory>
#include <vector>

#include "bench.pb.h"
#include "support/arguments.h"
#include "support/http2_frames.h"
#include "support/load_run.h"
#include "support/process.h"
#include "support/socket.h"
#include "support/socket_poller.h"

namespace rhei::bench {
namespace {

constexpr std::size_t kReceiveBuffer = 256 * 1024;
// Pseudo headers, content-type, te, user-agent, grpc-accept-encoding: one indexed byte each.
constexpr std::uint32_t kRequestHeaders = 8;
constexpr std::size_t kRequestOverhead = 2 * kFrameHeaderSize + kMessagePrefixSize + kRequestHeaders;

class Connection {
 public:
  Connection(const ClientArguments& arguments, LoadRun* run)
      : socket_(Socket::Connect(static_cast<std::uint16_t>(arguments.port))),
        run_(run),
        begun_(static_cast<std::size_t>(arguments.in_flight)) {
    request_.set_body(std::string(static_cast<std::size_t>(arguments.payload), 'x'));
  }

  const Socket& socket() const { return socket_; }

  void Start() {
    for (std::size_t i = 0; i < begun_.size(); ++i) Call();
    Flush();
  }

  // Takes the replies that have come, and sends as many calls anew with one write.
  void Advance() {
    if (!input_.Receive(socket_)) Die("the server closed the connection");
    while (const std::optional<Frame> frame = input_.Next()) {
      if (frame->type == FrameType::kData) TakeMessage(*frame);
      const bool ended = frame->type == FrameType::kHeaders && (frame->flags & kEndStream) != 0;
      if (ended && run_->End(BegunAt(frame->stream), received_)) Call();
    }
    Flush();
  }

 private:
  // Replies come in the order of the calls, so a ring holds what is in flight.
  LoadRun::TimePoint& BegunAt(std::uint32_t stream) { return begun_[stream / 2 % begun_.size()]; }

  void TakeMessage(const Frame& frame) {
    const std::span message = frame.payload.subspan(kMessagePrefixSize);
    received_ = reply_.ParseFromArray(message.data(), static_cast<int>(message.size())) &&
                reply_.body().size() == request_.body().size();
  }

  void Call() {
    const auto size = static_cast<std::uint32_t>(request_.ByteSizeLong());
    const std::size_t start = output_.size();
    output_.resize(start + kRequestOverhead + size);
    BegunAt(next_stream_) = run_->Begin();
    std::byte* out = output_.data() + start;
    out = WriteFrameHeader(out, FrameType::kHeaders, kEndHeaders, next_stream_, kRequestHeaders);
    std::memset(out, 0xbe, kRequestHeaders);
    out =
        WriteFrameHeader(out + kRequestHeaders, FrameType::kData, kEndStream, next_stream_, kMessagePrefixSize + size);
    *out++ = std::byte{0};
    out = WriteUint32(out, size);
    request_.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(out));
    next_stream_ += 2;
  }

  void Flush() {
    if (!socket_.Send(output_)) Die("send");
    output_.clear();
  }

  Socket socket_;
  LoadRun* const run_;
  FrameReader input_{kReceiveBuffer};
  std::vector<std::byte> output_;
  std::vector<LoadRun::TimePoint> begun_;
  std::uint32_t next_stream_ = 1;
  bool received_ = false;
  Payload request_;
  Payload reply_;
};

int Main(int argc, char** argv) {
  const ClientArguments arguments = StartClient(argc, argv, "Bare frame loop, client.");
  RefuseCallOptions(arguments, "the frame loop");
  LoadRun run(arguments);
  SocketPoller poller{std::chrono::microseconds(arguments.busy_poll)};
  std::vector<std::unique_ptr<Connection>> connections;
  for (std::int64_t i = 0; i < arguments.connections; ++i) {
    connections.push_back(std::make_unique<Connection>(arguments, &run));
    poller.Watch(connections.back()->socket(), static_cast<std::uint32_t>(i));
  }
  for (const auto& connection : connections) connection->Start();
  while (run.running()) {
    for (const epoll_event& event : poller.Wait()) connections[event.data.u32]->Advance();
  }
  std::puts(run.ToJson().c_str());
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
