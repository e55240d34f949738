#include "runtime/address.h"

#include <charconv>

#include "runtime/posix/socket_address.h"

namespace rhei::inline v0::runtime {
namespace {

constexpr std::string_view kUnixScheme = "unix:";

Error Invalid(std::string_view text, std::string_view cause) {
  return Error(StatusCode::kInvalidArgument, "address \"" + std::string(text) + "\": " + std::string(cause));
}

// Digits only, 0 to 65535.
bool ParsePort(std::string_view text, std::uint16_t& port) {
  const char* end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, port);
  return error == std::errc() && rest == end;
}

}  // namespace

std::string Address::ToString() const {
  switch (family) {
    case Family::kIpv4: return host + ':' + std::to_string(port);
    case Family::kIpv6: return '[' + host + "]:" + std::to_string(port);
    case Family::kUnix: return std::string(kUnixScheme) + host;
  }
  return host;
}

Result<Address> Address::Parse(std::string_view text) {
  if (text.starts_with(kUnixScheme)) {
    const std::string_view path = text.substr(kUnixScheme.size());
    if (path.empty()) return Invalid(text, "the path is missing");
    if (path.find('\0') != std::string_view::npos) return Invalid(text, "the path has a zero byte in it");
    return Address{Family::kUnix, std::string(path), 0};
  }

  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Invalid(text, "the port is missing");
  std::string_view host = text.substr(0, colon);
  Address address;
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return Invalid(text, "the port is missing or ']' is");
    host = host.substr(1, host.size() - 2);
    address.family = Family::kIpv6;
  }
  address.host = host;
  if (!ParsePort(text.substr(colon + 1), address.port)) return Invalid(text, "the port is no number from 0 to 65535");
  if (address.family == Family::kIpv6) {
    if (!posix::IsIpv6Literal(address.host)) return Invalid(text, "the host is no IPv6 address");
  } else if (!posix::IsIpv4Literal(address.host)) {
    if (host.find(':') != std::string_view::npos) return Invalid(text, "an IPv6 address stands in brackets");
    return Invalid(text, "the host is no IPv4 address");
  }
  return address;
}

std::string NetworkOf(const Address& address) {
  return address.family == Address::Family::kIpv6 ? posix::Ipv6Network(address.host) : address.host;
}

}  // namespace rhei::inline v0::runtime
