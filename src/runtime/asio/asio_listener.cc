#include "runtime/asio/asio_listener.h"

#include <chrono>
#include <utility>

#include "runtime/asio/asio_stream.h"
#include "runtime/posix/socket_address.h"

namespace rhei::inline v0::runtime {
namespace {

// Connections that one turn takes, so that the loop's other work has its turn too: each costs it some 50 us.
constexpr int kAcceptsPerTurn = 8;

constexpr Duration kRest = std::chrono::milliseconds(100);

Error Failure(StatusCode code, const Address& address, std::string_view cause) {
  return Error(code, "listen on " + address.ToString() + ": " + std::string(cause), Origin::kLibrary);
}

}  // namespace

AsioListener::AsioListener(AsioLoop& loop, Accepted accepted)
    : loop_(loop), accepted_(std::move(accepted)), socket_(loop), reserve_(posix::OpenReserve()), resume_([this] {
        Resume();
      }) {
  socket_.SetHandler(this);
}

AsioListener::~AsioListener() {
  if (destroyed_ != nullptr) *destroyed_ = true;
  // Another process may have taken the path over meanwhile.
  if (file_ != posix::FileIdentity{} && posix::IdentityOf(address_.host) == file_) posix::RemoveFile(address_.host);
}

Result<std::unique_ptr<Listener>> AsioListener::Open(AsioLoop& loop, const Address& address, Accepted accepted) {
  Result<posix::SocketAddress> target = posix::ToSocketAddress(address);
  if (!target.ok()) return Failure(StatusCode::kInvalidArgument, address, target.error().message());
  posix::OpenedSocket opened = posix::OpenSocket(address.family);
  posix::ErrorNumber error = opened.error;
  if (error == 0) error = posix::BindAndListen(opened.descriptor.get(), *target);
  if (error != 0) return Failure(StatusCode::kUnavailable, address, posix::ErrorText(error));

  posix::WidenDescriptorTable();
  std::unique_ptr<AsioListener> listener(new AsioListener(loop, std::move(accepted)));
  listener->address_ = posix::LocalAddress(opened.descriptor.get());
  if (address.family == Address::Family::kUnix && !address.host.starts_with('@')) {
    listener->address_ = address;
    listener->file_ = posix::IdentityOf(address.host);
  }
  error = listener->Start(std::move(opened.descriptor));
  if (error != 0) return Failure(StatusCode::kUnavailable, address, posix::ErrorText(error));
  return std::unique_ptr<Listener>(std::move(listener));
}

posix::ErrorNumber AsioListener::Start(posix::Descriptor socket) {
  const posix::ErrorNumber error = socket_.Watch(std::move(socket));
  if (error == 0) socket_.WaitReadable();
  return error;
}

void AsioListener::OnReadable() {
  bool destroyed = false;
  destroyed_ = &destroyed;
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    posix::AcceptedSocket socket = posix::Accept(socket_.get());
    if (socket.error == 0) {
      sheds_ = false;
      accepted_(
          std::make_unique<AcceptedSocketStream>(std::move(socket.descriptor), posix::FromSocketAddress(socket.peer)));
      if (destroyed) return;
    } else if (posix::WouldBlock(socket.error)) {
      break;
    } else if (!posix::IsConnectionsOwn(socket.error)) {
      if (!std::exchange(sheds_, true)) {
        loop_.Log(LogLevel::kWarning, "accept on " + address_.ToString() + ": " + posix::ErrorText(socket.error) +
                                          "; new connections are closed until it gets better");
      }
      if (posix::IsExhaustion(socket.error)) Shed();
      destroyed_ = nullptr;
      loop_.Arm(resume_, loop_.Now() + kRest);
      return;
    }
  }
  destroyed_ = nullptr;
  socket_.WaitReadable();
}

void AsioListener::Shed() {
  for (int i = 0; i < kAcceptsPerTurn && reserve_; ++i) {
    reserve_.Reset();
    // Another thread may take the descriptor that is free now; then the reserve comes back when Resume finds one.
    posix::AcceptedSocket unwanted = posix::Accept(socket_.get());
    unwanted.descriptor.Reset();
    reserve_ = posix::OpenReserve();
    if (unwanted.error != 0) return;
    if (shed_) shed_();
  }
}

void AsioListener::Resume() {
  if (!reserve_) reserve_ = posix::OpenReserve();
  socket_.WaitReadable();
}

}  // namespace rhei::inline v0::runtime
