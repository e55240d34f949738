#include "runtime/posix/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace rhei::inline v0::runtime::posix {
namespace {

int SystemFamily(Address::Family family) {
  switch (family) {
    case Address::Family::kIpv4: return AF_INET;
    case Address::Family::kIpv6: return AF_INET6;
    case Address::Family::kUnix: return AF_UNIX;
  }
  return AF_UNSPEC;
}

void SetOption(int socket, int level, int option, int value) {
  ::setsockopt(socket, level, option, &value, sizeof(value));
}

// Repeats a call for as long as a signal interrupts it.
template <typename Call>
auto Uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

IoResult Failed(ErrorNumber error) {
  if (WouldBlock(error)) return {IoResult::Kind::kWouldBlock, 0, {}};
  return {IoResult::Kind::kFailed, 0, ErrorText(error)};
}

bool IsFilePath(const SocketAddress& address) {
  return address.storage.ss_family == AF_UNIX &&
         reinterpret_cast<const sockaddr_un&>(address.storage).sun_path[0] != '\0';
}

// A socket file outlives the process that made it. Nobody listens on one that refuses us.
bool IsStale(const SocketAddress& address) {
  const char* path = reinterpret_cast<const sockaddr_un&>(address.storage).sun_path;
  struct stat status;
  if (::lstat(path, &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  OpenedSocket probe = OpenSocket(Address::Family::kUnix);
  return probe.descriptor && Connect(probe.descriptor.get(), address) == ECONNREFUSED;
}

ErrorNumber Bind(int socket, const SocketAddress& address) {
  if (::bind(socket, address.get(), address.size) == 0) return 0;
  const ErrorNumber error = errno;
  if (error != EADDRINUSE || !IsFilePath(address) || !IsStale(address)) return error;
  ::unlink(reinterpret_cast<const sockaddr_un&>(address.storage).sun_path);
  return ::bind(socket, address.get(), address.size) == 0 ? 0 : errno;
}

}  // namespace

std::string ErrorText(ErrorNumber error) { return std::generic_category().message(error); }

OpenedSocket OpenSocket(Address::Family family) {
  OpenedSocket opened;
  opened.descriptor = Descriptor(::socket(SystemFamily(family), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!opened.descriptor) {
    opened.error = errno;
  } else if (family != Address::Family::kUnix) {
    DisableDelay(opened.descriptor.get());
  }
  return opened;
}

ErrorNumber Connect(int socket, const SocketAddress& address) {
  if (::connect(socket, address.get(), address.size) == 0) return 0;
  // A connect that a signal interrupted goes on by itself.
  return errno == EINTR ? EINPROGRESS : errno;
}

ErrorNumber PendingError(int socket) {
  ErrorNumber error = 0;
  socklen_t size = sizeof(error);
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

ErrorNumber BindAndListen(int socket, const SocketAddress& address) {
  if (address.storage.ss_family != AF_UNIX) SetOption(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.storage.ss_family == AF_INET6) SetOption(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (const ErrorNumber error = Bind(socket, address); error != 0) return error;
  return ::listen(socket, SOMAXCONN) == 0 ? 0 : errno;
}

AcceptedSocket Accept(int listener) {
  AcceptedSocket accepted;
  accepted.peer.size = sizeof(accepted.peer.storage);
  accepted.descriptor = Descriptor(Uninterrupted(
      [&] { return ::accept4(listener, accepted.peer.get(), &accepted.peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC); }));
  if (!accepted.descriptor) accepted.error = errno;
  return accepted;
}

bool IsExhaustion(ErrorNumber error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

bool IsConnectionsOwn(ErrorNumber error) {
  // accept(2) hands on errors that the network already has for the new connection.
  switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH: return true;
    default: return false;
  }
}

bool WouldBlock(ErrorNumber error) { return error == EAGAIN || error == EWOULDBLOCK; }

void DisableDelay(int socket) { SetOption(socket, IPPROTO_TCP, TCP_NODELAY, 1); }

void UseSimpleCongestionControl(int socket) {
  // Reno is part of every kernel, and every process may use it.
  static constexpr std::string_view kReno = "reno";
  ::setsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, kReno.data(), kReno.size());
}

Address LocalAddress(int socket) {
  SocketAddress address;
  address.size = sizeof(address.storage);
  if (::getsockname(socket, address.get(), &address.size) != 0) return {};
  return FromSocketAddress(address);
}

void ShutdownWrite(int socket) { ::shutdown(socket, SHUT_WR); }

IoResult Receive(int socket, std::span<char> buffer) {
  // A receive of nothing would look like the end.
  if (buffer.empty()) return {IoResult::Kind::kWouldBlock, 0, {}};
  const ssize_t received =
      Uninterrupted([&] { return ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_NOSIGNAL); });
  if (received > 0) return {IoResult::Kind::kBytes, static_cast<std::size_t>(received), {}};
  if (received == 0) return {IoResult::Kind::kEnd, 0, {}};
  return Failed(errno);
}

IoResult Send(int socket, std::span<const std::string_view> slices) {
  constexpr std::size_t kMostSlices = 256;  // the system takes 1024; the array lies on the stack
  iovec parts[kMostSlices];
  std::size_t count = 0;
  for (std::string_view slice : slices) {
    if (slice.empty()) continue;
    if (count == kMostSlices) break;
    parts[count++] = {const_cast<char*>(slice.data()), slice.size()};
  }
  if (count == 0) return {IoResult::Kind::kBytes, 0, {}};

  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = count;
  const ssize_t sent = Uninterrupted([&] {
    return count == 1 ? ::send(socket, parts[0].iov_base, parts[0].iov_len, MSG_DONTWAIT | MSG_NOSIGNAL)
                      : ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  });
  if (sent >= 0) return {IoResult::Kind::kBytes, static_cast<std::size_t>(sent), {}};
  return Failed(errno);
}

FileIdentity IdentityOf(const std::string& path) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) return {};
  return {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino)};
}

void RemoveFile(const std::string& path) { ::unlink(path.c_str()); }

}  // namespace rhei::inline v0::runtime::posix
