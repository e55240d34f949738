#include "runtime/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/posix/socket_address.h"

namespace rhei::inline v0::runtime {
namespace {

using Family = Address::Family;

TEST(AddressTest, LiteralsAreReadAndWrittenTheSame) {
  const std::pair<std::string, Address> cases[] = {
      {"127.0.0.1:80", {Family::kIpv4, "127.0.0.1", 80}},      {"0.0.0.0:0", {Family::kIpv4, "0.0.0.0", 0}},
      {"[::1]:65535", {Family::kIpv6, "::1", 65535}},          {"[fe80::1%eth0]:1", {Family::kIpv6, "fe80::1%eth0", 1}},
      {"unix:/run/x.sock", {Family::kUnix, "/run/x.sock", 0}}, {"unix:@hidden", {Family::kUnix, "@hidden", 0}},
  };
  for (const auto& [text, address] : cases) {
    const Result<Address> parsed = Address::Parse(text);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message();
    EXPECT_EQ(*parsed, address);
    EXPECT_EQ(parsed->ToString(), text);
  }
}

TEST(AddressTest, WhatIsNoLiteralIsRefusedWithTheReason) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "the port is missing"},
      {"127.0.0.1", "the port is missing"},
      {"127.0.0.1:", "the port is no number from 0 to 65535"},
      {"127.0.0.1:65536", "the port is no number from 0 to 65535"},
      {"127.0.0.1:-1", "the port is no number from 0 to 65535"},
      {"127.0.0.1:80x", "the port is no number from 0 to 65535"},
      {"127.0.0.1: 80", "the port is no number from 0 to 65535"},
      {"127.0.0:80", "the host is no IPv4 address"},
      {"localhost:80", "the host is no IPv4 address"},
      {"::1:80", "an IPv6 address stands in brackets"},
      {"[::1]", "the port is missing or ']' is"},
      {"[::1:80", "the port is missing or ']' is"},
      {"[]:80", "the host is no IPv6 address"},
      {"[127.0.0.1]:80", "the host is no IPv6 address"},
      {"[::1%]:80", "the host is no IPv6 address"},
      {"unix:", "the path is missing"},
      {std::string("unix:/a\0b", 9), "the path has a zero byte in it"},
      {std::string("127.0.0.1\0:80", 13), "the host is no IPv4 address"},
  };
  for (const auto& [text, cause] : cases) {
    const Result<Address> parsed = Address::Parse(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(parsed.error().message(), "address \"" + text + "\": " + cause);
  }
}

TEST(SocketAddressTest, ComesBackAsTheAddressThatItWasMadeOf) {
  for (const char* text : {"1.2.3.4:5", "[2001:db8::7]:443", "[fe80::1%lo]:9", "unix:/tmp/a b", "unix:@abstract"}) {
    const Address address = *Address::Parse(text);
    const auto socket_address = posix::ToSocketAddress(address);
    ASSERT_TRUE(socket_address.ok()) << text << ": " << socket_address.error().message();
    EXPECT_EQ(posix::FromSocketAddress(*socket_address), address);
  }
}

TEST(SocketAddressTest, AnIpv4AddressMappedIntoIpv6IsAnIpv4Address) {
  const auto mapped = posix::ToSocketAddress({Family::kIpv6, "::ffff:10.0.0.1", 7});
  ASSERT_TRUE(mapped.ok());
  EXPECT_EQ(posix::FromSocketAddress(*mapped), (Address{Family::kIpv4, "10.0.0.1", 7}));
}

TEST(SocketAddressTest, TheLongestPathIs107Bytes) {
  EXPECT_TRUE(posix::ToSocketAddress({Family::kUnix, std::string(107, 'x'), 0}).ok());
  const auto longer = posix::ToSocketAddress({Family::kUnix, std::string(108, 'x'), 0});
  ASSERT_FALSE(longer.ok());
  EXPECT_EQ(longer.error().message(), "the path of a Unix socket is longer than 107 bytes");
}

TEST(SocketAddressTest, AnUnknownZoneIsNamed) {
  const auto unknown = posix::ToSocketAddress({Family::kIpv6, "fe80::1%nosuchnic", 1});
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().message(), "no network interface is called \"nosuchnic\"");
}

TEST(AddressTest, ANetworkOfIpv6IsSixtyFourBits) {
  EXPECT_EQ(NetworkOf(*Address::Parse("192.0.2.7:1")), "192.0.2.7");
  EXPECT_EQ(NetworkOf(*Address::Parse("[2001:db8:1:2:3:4:5:6]:1")), "2001:db8:1:2::");
  EXPECT_EQ(NetworkOf(*Address::Parse("[2001:db8:1:2::99]:2")), "2001:db8:1:2::");
  EXPECT_EQ(NetworkOf(*Address::Parse("[fe80::1%1]:2")), "fe80::");
}

}  // namespace
}  // namespace rhei::inline v0::runtime
