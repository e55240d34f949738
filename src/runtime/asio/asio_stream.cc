#include "runtime/asio/asio_stream.h"

#include <utility>

#include "runtime/posix/socket.h"

namespace rhei::inline v0::runtime {
namespace {

IoResult Closed() { return {IoResult::Kind::kFailed, 0, "the stream is closed"}; }

}  // namespace

Result<std::unique_ptr<ByteStream>> AsioStream::Open(AsioLoop& loop, posix::Descriptor socket, Address peer) {
  Address local = posix::LocalAddress(socket.get());
  if (peer.family != Address::Family::kUnix) {
    posix::DisableDelay(socket.get());
    if (local.host == peer.host) posix::UseSimpleCongestionControl(socket.get());
  }
  std::unique_ptr<AsioStream> stream(new AsioStream(loop, std::move(local), std::move(peer)));
  if (const posix::ErrorNumber error = stream->socket_.Watch(std::move(socket)); error != 0) {
    return Error(StatusCode::kUnavailable,
                 "connection with " + stream->peer_.ToString() + ": " + posix::ErrorText(error), Origin::kLibrary);
  }
  return std::unique_ptr<ByteStream>(std::move(stream));
}

IoResult AsioStream::Read(std::span<char> buffer) {
  if (socket_.get() < 0) return Closed();
  return posix::Receive(socket_.get(), buffer);
}

IoResult AsioStream::Write(std::span<const std::string_view> slices) {
  if (socket_.get() < 0) return Closed();
  return posix::Send(socket_.get(), slices);
}

void AsioStream::ShutdownWrite() {
  if (socket_.get() >= 0) posix::ShutdownWrite(socket_.get());
}

}  // namespace rhei::inline v0::runtime
