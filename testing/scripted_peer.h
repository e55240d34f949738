// The other end of a connection as a script writes it: raw bytes and frames, right or wrong, over any byte stream.
//
//   ScriptedPeer peer(std::move(stream));
//   peer.Send(http2::testing::Settings());
//   ... run the loop or the world ...
//   for (const http2::testing::SeenFrame& frame : peer.frames()) ...
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http2/hpack/decoder.h"
#include "http2/testing/frames.h"
#include "runtime/byte_stream.h"
#include "runtime/loop.h"

namespace rhei::inline v0::testing {

// One end of a connection. On its stream's loop; in a simulated world that stands still, on the test's thread.
class ScriptedPeer final : private runtime::ByteStream::Handler {
 public:
  explicit ScriptedPeer(std::unique_ptr<runtime::ByteStream> stream);
  ~ScriptedPeer() override;

  // Writes as the stream takes it.
  void Send(std::string_view bytes);
  // Ends its writing side when all has been written; or both sides, now.
  void ShutdownWrite();
  void Close();
  // While it does not read, what arrives stays where it is.
  void SetReading(bool reading);

  // All that has arrived.
  const std::string& received() const { return received_; }
  // The other end has ended its writing side, or the connection is lost.
  bool ended() const { return ended_; }

  // The whole frames that have arrived so far; a client's preface is left out.
  std::vector<http2::testing::SeenFrame> frames() const;
  // Those of one type; of one stream if that is not 0.
  std::vector<http2::testing::SeenFrame> frames(http2::FrameType type, std::uint32_t stream = 0) const;
  // The decoded header blocks of one stream, in order. Requires that no block was continued.
  std::vector<http2::testing::Fields> headers(std::uint32_t stream) const;
  // The payload of its DATA frames.
  std::string data(std::uint32_t stream) const;
  // Whether the other end has said all on this stream, or has reset it.
  bool ended(std::uint32_t stream) const;

  // Called when more has arrived.
  std::function<void()> on_input;

 private:
  void OnReadable() override;
  void OnWritable() override;
  void Write();

  std::unique_ptr<runtime::ByteStream> stream_;
  std::string received_;
  std::string unsent_;
  bool shutdown_ = false;
  bool ended_ = false;
  bool reading_ = true;
};

// Listens, and makes every connection a peer.
class ScriptedServer {
 public:
  // `on_peer` is called for each new connection; peers live as long as the server.
  ScriptedServer(runtime::Loop& loop, const runtime::Address& address, std::function<void(ScriptedPeer&)> on_peer);

  std::vector<std::unique_ptr<ScriptedPeer>> peers;

 private:
  runtime::Loop& loop_;
  std::function<void(ScriptedPeer&)> on_peer_;
  std::unique_ptr<runtime::Listener> listener_;
};

// Message in gRPC's framing, with any flag.
std::string GrpcMessage(std::string_view message, char flag = 0);

}  // namespace rhei::inline v0::testing
