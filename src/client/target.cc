#include "client/target.h"

#include <charconv>
#include <utility>

namespace rhei::inline v0::client {
namespace {

using runtime::Address;

// gRPC's port where none is given.
constexpr std::uint16_t kDefaultPort = 443;

Error BadTarget(std::string_view text, std::string_view why) {
  std::string message("bad target \"");
  message.append(text).append("\": ").append(why);
  return Error(StatusCode::kUnavailable, message);
}

bool ReadPort(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size();
}

// "a:1,b:2" under "ipv4:" or "ipv6:".
Result<Target> ParseAddresses(std::string_view text, std::string_view list, Address::Family family) {
  Target target;
  target.authority = list.substr(0, list.find(','));
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view item = list.substr(0, comma);
    Result<Address> address = Address::Parse(item);
    if (!address.ok()) return BadTarget(text, address.error().message());
    if (address->family != family) {
      return BadTarget(text, family == Address::Family::kIpv4 ? "not an IPv4 address" : "not an IPv6 address");
    }
    target.addresses.push_back(*std::move(address));
    if (comma == std::string_view::npos) return target;
    list.remove_prefix(comma + 1);
  }
}

Result<Target> ParseUnix(std::string_view text, std::string_view path) {
  if (path.empty()) return BadTarget(text, "a path is missing");
  Target target;
  Address address;
  address.family = Address::Family::kUnix;
  address.host = path;
  target.addresses.push_back(std::move(address));
  target.authority = "localhost";
  return target;
}

// "host", "host:port", "1.2.3.4:port", "[::1]:port".
Result<Target> ParseHost(std::string_view text, std::string_view endpoint) {
  if (endpoint.empty()) return BadTarget(text, "a host is missing");
  Target target;
  target.authority = endpoint;
  // A host may be called "unix".
  Result<Address> literal = Address::Parse(endpoint);
  if (literal.ok() && literal->family != Address::Family::kUnix) {
    target.addresses.push_back(*std::move(literal));
    return target;
  }
  if (endpoint.front() == '[') return BadTarget(text, "not an address of the form [::1]:port");
  const std::size_t colon = endpoint.rfind(':');
  target.port = kDefaultPort;
  if (colon != std::string_view::npos && !ReadPort(endpoint.substr(colon + 1), target.port)) {
    return BadTarget(text, "the port is not a number of 0 to 65535");
  }
  target.host = endpoint.substr(0, colon);
  if (target.host.empty() || target.host.find_first_of(" /:@?#\t\r\n") != std::string::npos) {
    return BadTarget(text, "the host is not a name");
  }
  return target;
}

}  // namespace

Result<Target> Target::Parse(std::string_view text) {
  const auto after = [text](std::string_view prefix) { return text.substr(prefix.size()); };
  if (text.starts_with("unix://")) return ParseUnix(text, after("unix://"));
  if (text.starts_with("unix:")) return ParseUnix(text, after("unix:"));
  if (text.starts_with("ipv4:")) return ParseAddresses(text, after("ipv4:"), Address::Family::kIpv4);
  if (text.starts_with("ipv6:")) return ParseAddresses(text, after("ipv6:"), Address::Family::kIpv6);
  if (text.starts_with("dns:")) {
    std::string_view rest = after("dns:");
    if (rest.starts_with("//")) {
      // An authority names a DNS server of its own: not something to ignore in silence.
      const std::size_t slash = rest.find('/', 2);
      if (slash == std::string_view::npos) return BadTarget(text, "expected dns:///host:port");
      if (slash != 2) return BadTarget(text, "a DNS server of its own is not supported: use dns:///host:port");
      rest.remove_prefix(3);
    }
    return ParseHost(text, rest);
  }
  if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
    return BadTarget(text, "unknown scheme; known are dns, ipv4, ipv6 and unix");
  }
  return ParseHost(text, text);
}

}  // namespace rhei::inline v0::client
