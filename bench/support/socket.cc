#include "support/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "support/process.h"

namespace rhei::bench {
namespace {

constexpr int kBacklog = 1024;

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int NewSocket() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) Die("socket");
  return descriptor;
}

// Sends small writes at once, as every RPC system does.
void SetNoDelay(int descriptor) {
  const int on = 1;
  if (setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) Die("TCP_NODELAY");
}

std::ptrdiff_t Read(int descriptor, std::span<std::byte> into, int flags) {
  const ssize_t received = recv(descriptor, into.data(), into.size(), flags);
  if (received > 0) return received;
  const bool nothing_yet = received < 0 && (errno == EAGAIN || errno == EINTR);
  return nothing_yet ? 0 : -1;
}

}  // namespace

Socket Socket::Listen(std::uint16_t port) {
  Socket result(NewSocket());
  const int on = 1;
  if (setsockopt(result.descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) Die("SO_REUSEADDR");
  const sockaddr_in address = Loopback(port);
  if (bind(result.descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) Die("bind");
  if (listen(result.descriptor_, kBacklog) != 0) Die("listen");
  return result;
}

Socket Socket::Connect(std::uint16_t port) {
  Socket result(NewSocket());
  const sockaddr_in address = Loopback(port);
  if (connect(result.descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) Die("connect");
  SetNoDelay(result.descriptor_);
  return result;
}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Socket::~Socket() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::uint16_t Socket::local_port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) != 0) Die("getsockname");
  return ntohs(address.sin_port);
}

Socket Socket::Accept() const {
  const int descriptor = accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
  if (descriptor < 0) Die("accept");
  SetNoDelay(descriptor);
  return Socket(descriptor);
}

void Socket::UseCongestionControl(const std::string& name) const {
  if (setsockopt(descriptor_, IPPROTO_TCP, TCP_CONGESTION, name.data(), static_cast<socklen_t>(name.size())) != 0) {
    Die("TCP_CONGESTION");
  }
}

bool Socket::Send(std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) return false;
    if (sent > 0) bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

std::ptrdiff_t Socket::Receive(std::span<std::byte> into) const { return Read(descriptor_, into, MSG_DONTWAIT); }

std::ptrdiff_t Socket::AwaitBytes(std::span<std::byte> into) const { return Read(descriptor_, into, 0); }

}  // namespace rhei::bench
