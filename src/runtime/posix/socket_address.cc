#include "runtime/posix/socket_address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace rhei::inline v0::runtime::posix {
namespace {

Error Invalid(const std::string& message) { return Error(StatusCode::kInvalidArgument, message); }

// A zone is an interface's name or its number; 0 when it is neither.
unsigned ZoneNumber(const std::string& zone) {
  unsigned number = 0;
  const char* end = zone.data() + zone.size();
  if (auto [rest, error] = std::from_chars(zone.data(), end, number); error == std::errc() && rest == end)
    return number;
  return ::if_nametoindex(zone.c_str());
}

Result<SocketAddress> ToIpv4(const Address& address) {
  SocketAddress result;
  auto& ipv4 = reinterpret_cast<sockaddr_in&>(result.storage);
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = htons(address.port);
  if (::inet_pton(AF_INET, address.host.c_str(), &ipv4.sin_addr) != 1) {
    return Invalid("\"" + address.host + "\" is no IPv4 address");
  }
  result.size = sizeof(sockaddr_in);
  return result;
}

Result<SocketAddress> ToIpv6(const Address& address) {
  SocketAddress result;
  auto& ipv6 = reinterpret_cast<sockaddr_in6&>(result.storage);
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(address.port);
  const std::size_t percent = address.host.find('%');
  if (::inet_pton(AF_INET6, address.host.substr(0, percent).c_str(), &ipv6.sin6_addr) != 1) {
    return Invalid("\"" + address.host + "\" is no IPv6 address");
  }
  if (percent != std::string::npos) {
    const std::string zone = address.host.substr(percent + 1);
    ipv6.sin6_scope_id = ZoneNumber(zone);
    if (ipv6.sin6_scope_id == 0) return Invalid("no network interface is called \"" + zone + "\"");
  }
  result.size = sizeof(sockaddr_in6);
  return result;
}

Result<SocketAddress> ToUnix(const Address& address) {
  SocketAddress result;
  auto& local = reinterpret_cast<sockaddr_un&>(result.storage);
  local.sun_family = AF_UNIX;
  const std::string& path = address.host;
  if (path.empty()) return Invalid("the path of a Unix socket is empty");
  // A path ends with a zero byte, so one byte less is left for it.
  if (path.size() >= sizeof(local.sun_path)) {
    return Invalid("the path of a Unix socket is longer than " + std::to_string(sizeof(local.sun_path) - 1) + " bytes");
  }
  if (path.find('\0') != std::string::npos) return Invalid("the path of a Unix socket has a zero byte in it");
  std::memcpy(local.sun_path, path.data(), path.size());
  const std::size_t header = offsetof(sockaddr_un, sun_path);
  const bool is_abstract = path[0] == '@';
  if (is_abstract) local.sun_path[0] = '\0';
  result.size = static_cast<socklen_t>(header + path.size() + (is_abstract ? 0 : 1));
  return result;
}

Address FromIpv4(const in_addr& host, in_port_t port) {
  char text[INET_ADDRSTRLEN];
  ::inet_ntop(AF_INET, &host, text, sizeof(text));
  return {Address::Family::kIpv4, text, ntohs(port)};
}

Address FromIpv6(const sockaddr_in6& ipv6) {
  if (IN6_IS_ADDR_V4MAPPED(&ipv6.sin6_addr)) {
    in_addr host;
    std::memcpy(&host, ipv6.sin6_addr.s6_addr + 12, sizeof(host));
    return FromIpv4(host, ipv6.sin6_port);
  }
  char text[INET6_ADDRSTRLEN];
  ::inet_ntop(AF_INET6, &ipv6.sin6_addr, text, sizeof(text));
  Address address{Address::Family::kIpv6, text, ntohs(ipv6.sin6_port)};
  if (ipv6.sin6_scope_id != 0) {
    char name[IF_NAMESIZE];
    const bool named = ::if_indextoname(ipv6.sin6_scope_id, name) != nullptr;
    address.host += '%';
    address.host += named ? std::string(name) : std::to_string(ipv6.sin6_scope_id);
  }
  return address;
}

Address FromUnix(const sockaddr_un& local, socklen_t size) {
  const std::size_t header = offsetof(sockaddr_un, sun_path);
  Address address{Address::Family::kUnix, {}, 0};
  if (size <= header) return address;  // a socket that was never bound
  const std::size_t room = std::min<std::size_t>(size - header, sizeof(local.sun_path));
  if (local.sun_path[0] == '\0') {
    address.host.assign(local.sun_path, room);
    address.host[0] = '@';
  } else {
    address.host.assign(local.sun_path, ::strnlen(local.sun_path, room));
  }
  return address;
}

}  // namespace

Result<SocketAddress> ToSocketAddress(const Address& address) {
  switch (address.family) {
    case Address::Family::kIpv4: return ToIpv4(address);
    case Address::Family::kIpv6: return ToIpv6(address);
    case Address::Family::kUnix: return ToUnix(address);
  }
  return Invalid("the address has an unknown family");
}

Address FromSocketAddress(const SocketAddress& address) {
  switch (address.storage.ss_family) {
    case AF_INET: {
      const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address.storage);
      return FromIpv4(ipv4.sin_addr, ipv4.sin_port);
    }
    case AF_INET6: return FromIpv6(reinterpret_cast<const sockaddr_in6&>(address.storage));
    default: return FromUnix(reinterpret_cast<const sockaddr_un&>(address.storage), address.size);
  }
}

bool IsIpv4Literal(const std::string& host) {
  in_addr ignored;
  return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1 && host.find('\0') == std::string::npos;
}

bool IsIpv6Literal(const std::string& host) {
  in6_addr ignored;
  const std::size_t percent = host.find('%');
  if (percent != std::string::npos && percent + 1 == host.size()) return false;
  return ::inet_pton(AF_INET6, host.substr(0, percent).c_str(), &ignored) == 1 && host.find('\0') == std::string::npos;
}

std::string Ipv6Network(const std::string& host) {
  in6_addr address;
  if (::inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &address) != 1) return host;
  std::memset(address.s6_addr + 8, 0, 8);
  char text[INET6_ADDRSTRLEN];
  ::inet_ntop(AF_INET6, &address, text, sizeof(text));
  return text;
}

}  // namespace rhei::inline v0::runtime::posix
