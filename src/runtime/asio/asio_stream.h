// A connected TCP or Unix socket.
#pragma once

#include <memory>

#include "rhei/result.h"
#include "runtime/asio/watched_descriptor.h"
#include "runtime/byte_stream.h"
#include "runtime/loop.h"

namespace rhei::inline v0::runtime {

// Calls the system itself; Asio only tells when. Close with input that was not read makes TCP send a reset, which can
// overtake what was written last: who must not lose that shuts down writing first and reads until kEnd.
class AsioStream final : public ByteStream {
 public:
  // The error is UNAVAILABLE and names the peer.
  static Result<std::unique_ptr<ByteStream>> Open(AsioLoop& loop, posix::Descriptor socket, Address peer);

  void SetHandler(Handler* handler) override { socket_.SetHandler(handler); }
  IoResult Read(std::span<char> buffer) override;
  IoResult Write(std::span<const std::string_view> slices) override;
  void WaitReadable() override { socket_.WaitReadable(); }
  void WaitWritable() override { socket_.WaitWritable(); }
  void ShutdownWrite() override;
  void Close() override { socket_.Close(); }
  const Address& local() const override { return local_; }
  const Address& peer() const override { return peer_; }

 private:
  AsioStream(AsioLoop& loop, Address local, Address peer)
      : socket_(loop), local_(std::move(local)), peer_(std::move(peer)) {}

  WatchedDescriptor socket_;
  const Address local_;
  const Address peer_;
};

// A connection between the listener that accepted it and the loop that is to have it.
class AcceptedSocketStream final : public AcceptedStream {
 public:
  AcceptedSocketStream(posix::Descriptor socket, Address peer) : socket_(std::move(socket)), peer_(std::move(peer)) {}

  posix::Descriptor TakeDescriptor() { return std::move(socket_); }
  const Address& peer() const { return peer_; }

 private:
  posix::Descriptor socket_;
  const Address peer_;
};

}  // namespace rhei::inline v0::runtime
