#include "runtime/asio/asio_stream.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "runtime/posix/socket.h"

namespace rhei::inline v0::runtime {
namespace {

// A TCP connection within this machine, and a second descriptor of one of its ends.
struct Connected {
  posix::Descriptor client, server, observed;
  Address peer;
};

Connected Connect(Address::Family family, const std::string& host) {
  Connected connected;
  const posix::OpenedSocket listener = posix::OpenSocket(family);
  posix::OpenedSocket client = posix::OpenSocket(family);
  if (posix::BindAndListen(listener.descriptor.get(), *posix::ToSocketAddress({family, host, 0})) != 0)
    return connected;
  const Address target = posix::LocalAddress(listener.descriptor.get());
  posix::Connect(client.descriptor.get(), *posix::ToSocketAddress(target));
  posix::AcceptedSocket accepted = posix::Accept(listener.descriptor.get());
  connected.client = std::move(client.descriptor);
  connected.observed = posix::Descriptor(::dup(accepted.descriptor.get()));
  connected.server = std::move(accepted.descriptor);
  connected.peer = posix::FromSocketAddress(accepted.peer);
  return connected;
}

std::string CongestionControlOf(const posix::Descriptor& socket) {
  char name[16] = {};
  socklen_t size = sizeof(name);
  if (::getsockopt(socket.get(), IPPROTO_TCP, TCP_CONGESTION, name, &size) != 0) return "none";
  return name;
}

bool HasNoDelay(const posix::Descriptor& socket) {
  int value = 0;
  socklen_t size = sizeof(value);
  return ::getsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &value, &size) == 0 && value != 0;
}

void ExpectNothingIsPaced(Connected connected) {
  AsioLoop loop;
  const auto stream = AsioStream::Open(loop, std::move(connected.server), connected.peer);
  ASSERT_TRUE(stream.ok());
  EXPECT_TRUE(HasNoDelay(connected.observed));
  EXPECT_EQ(CongestionControlOf(connected.observed), "reno");
}

TEST(AsioStreamTest, WithinOneMachineNothingIsPaced) {
  Connected connected = Connect(Address::Family::kIpv4, "127.0.0.1");
  ASSERT_TRUE(connected.server);
  ExpectNothingIsPaced(std::move(connected));
}

TEST(AsioStreamTest, WithinOneMachineNothingIsPacedByIpv6Either) {
  Connected connected = Connect(Address::Family::kIpv6, "::1");
  if (!connected.server) GTEST_SKIP() << "this machine does not have IPv6";
  ExpectNothingIsPaced(std::move(connected));
}

TEST(AsioStreamTest, WithAnotherMachineTheSystemsChoiceStays) {
  AsioLoop loop;
  Connected connected = Connect(Address::Family::kIpv4, "127.0.0.1");
  ASSERT_TRUE(connected.server);
  const std::string of_system = CongestionControlOf(connected.observed);
  connected.peer.host = "192.0.2.1";
  const auto stream = AsioStream::Open(loop, std::move(connected.server), connected.peer);
  ASSERT_TRUE(stream.ok());
  EXPECT_TRUE(HasNoDelay(connected.observed));
  EXPECT_EQ(CongestionControlOf(connected.observed), of_system);
}

}  // namespace
}  // namespace rhei::inline v0::runtime
