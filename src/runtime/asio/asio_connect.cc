#include "runtime/asio/asio_connect.h"

#include <cerrno>
#include <utility>

#include "runtime/asio/asio_stream.h"
#include "runtime/posix/socket.h"
#include "runtime/posix/socket_address.h"

namespace rhei::inline v0::runtime {

AsioConnect::AsioConnect(AsioLoop& loop, const Address& address, Done done)
    : loop_(loop), address_(address), done_(std::move(done)), socket_(loop), finish_([this] { Finish(); }) {
  socket_.SetHandler(this);
  Start();
}

void AsioConnect::Start() {
  Result<posix::SocketAddress> target = posix::ToSocketAddress(address_);
  posix::OpenedSocket opened;
  posix::ErrorNumber error = 0;
  if (target.ok()) {
    opened = posix::OpenSocket(address_.family);
    error = opened.error;
    if (error == 0) error = posix::Connect(opened.descriptor.get(), *target);
  } else {
    cause_ = target.error().message();
  }

  if (error == EINPROGRESS) {
    error = socket_.Watch(std::move(opened.descriptor));
    if (error == 0) {
      socket_.WaitWritable();
      return;
    }
  } else if (target.ok() && error == 0) {
    error = socket_.Watch(std::move(opened.descriptor));
  }
  if (error != 0) cause_ = posix::ErrorText(error);
  loop_.AtEndOfTurn(finish_);
}

void AsioConnect::OnWritable() {
  if (const posix::ErrorNumber error = posix::PendingError(socket_.get()); error != 0) cause_ = posix::ErrorText(error);
  Finish();
}

void AsioConnect::Finish() {
  Done done = std::move(done_);
  if (!cause_.empty()) return done(Failure(cause_));
  // A port that nobody listens on may be the very one that the system picked for us: TCP then connects us to ourselves.
  posix::Descriptor socket = socket_.Release();
  if (address_.family != Address::Family::kUnix && posix::LocalAddress(socket.get()) == address_) {
    return done(Failure(posix::ErrorText(ECONNREFUSED)));
  }
  done(AsioStream::Open(loop_, std::move(socket), address_));
}

Error AsioConnect::Failure(std::string_view cause) const {
  return Error(StatusCode::kUnavailable, "connect to " + address_.ToString() + ": " + std::string(cause),
               Origin::kLibrary);
}

}  // namespace rhei::inline v0::runtime
