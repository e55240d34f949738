// The calls of the operating system that sockets need. None of them blocks, and none raises SIGPIPE.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/address.h"
#include "runtime/byte_stream.h"
#include "runtime/posix/descriptor.h"
#include "runtime/posix/socket_address.h"

namespace rhei::inline v0::runtime::posix {

// What errno says; 0 is success.
using ErrorNumber = int;

// "Connection refused".
std::string ErrorText(ErrorNumber error);

struct OpenedSocket {
  Descriptor descriptor;  // empty with an error
  ErrorNumber error = 0;
};

// A socket of its own, ready for Connect or Bind: non-blocking, closed on exec, and without Nagle's delay where it is
// TCP.
OpenedSocket OpenSocket(Address::Family family);

// EINPROGRESS: wait until it is writable, then ask PendingError.
ErrorNumber Connect(int socket, const SocketAddress& address);
ErrorNumber PendingError(int socket);

// Binds and listens. IPv6's "::" takes IPv4 too. A Unix path that another process left behind, and that nobody listens
// on, is taken over.
ErrorNumber BindAndListen(int socket, const SocketAddress& address);

struct AcceptedSocket {
  Descriptor descriptor;  // empty with an error; non-blocking and closed on exec
  SocketAddress peer;
  ErrorNumber error = 0;
};
AcceptedSocket Accept(int listener);

// Whether an error of Accept means that the system has no descriptors or memory left.
bool IsExhaustion(ErrorNumber error);
// Whether an error of Accept belongs to the one connection that it was about: the next may be fine.
bool IsConnectionsOwn(ErrorNumber error);
// Whether the call would have to wait.
bool WouldBlock(ErrorNumber error);

void DisableDelay(int socket);
// For TCP that stays on this machine and so shares no path with anybody: the simplest congestion control that Linux
// has. BBR, where it is the system's choice, paces what is sent by timers: on loopback messages of 64 KiB then take up
// to four times as long.
void UseSimpleCongestionControl(int socket);
Address LocalAddress(int socket);
void ShutdownWrite(int socket);

// As ByteStream::Read and ByteStream::Write.
IoResult Receive(int socket, std::span<char> buffer);
IoResult Send(int socket, std::span<const std::string_view> slices);

// Which file a path names, to know it again.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t number = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};
// All zero when there is no such file.
FileIdentity IdentityOf(const std::string& path);
void RemoveFile(const std::string& path);

}  // namespace rhei::inline v0::runtime::posix
