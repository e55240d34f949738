// Addresses as the operating system writes them.
#pragma once

#include <sys/socket.h>

#include <string>

#include "rhei/result.h"
#include "runtime/address.h"

namespace rhei::inline v0::runtime::posix {

// A value.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// The error says what is wrong with the address: a host that is no literal, an unknown interface behind '%', a path
// longer than the system takes.
Result<SocketAddress> ToSocketAddress(const Address& address);

// An IPv4 address that is mapped into IPv6 (RFC 4291, section 2.5.5.2) comes out as the IPv4 address that it is.
Address FromSocketAddress(const SocketAddress& address);

bool IsIpv4Literal(const std::string& host);
// With or without a zone, as in "fe80::1%eth0".
bool IsIpv6Literal(const std::string& host);
// The first 64 bits, as "2001:db8:1:2::"; the host as it is if it is no IPv6 literal.
std::string Ipv6Network(const std::string& host);

}  // namespace rhei::inline v0::runtime::posix
