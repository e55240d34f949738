// The address of a socket: IPv4, IPv6 or a Unix path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rhei/result.h"

namespace rhei::inline v0::runtime {

// A value.
struct Address {
  enum class Family : std::uint8_t { kIpv4, kIpv6, kUnix };
  Family family = Family::kIpv4;
  std::string host;        // "127.0.0.1", "::1", "fe80::1%eth0", or a path; "@name" is Linux's abstract namespace
  std::uint16_t port = 0;  // not for kUnix

  // "127.0.0.1:80", "[::1]:80", "unix:/run/x.sock"
  std::string ToString() const;

  // Reads a literal "1.2.3.4:80" or "[::1]:80", or "unix:PATH". Names are not resolved. The error says what is wrong.
  static Result<Address> Parse(std::string_view text);

  friend bool operator==(const Address&, const Address&) = default;
  friend auto operator<=>(const Address&, const Address&) = default;
};

// What of an address tells clients apart: of IPv6 the first 64 bits, as whoever has one address of such a network has
// all of it (RFC 6177); else the host.
std::string NetworkOf(const Address& address);

}  // namespace rhei::inline v0::runtime
