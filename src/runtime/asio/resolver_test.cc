#include "runtime/asio/resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/asio/watched_descriptor.h"
#include "runtime/network_for_test.h"
#include "runtime/posix/socket_address.h"

namespace rhei::inline v0::runtime {
namespace {

using Family = Address::Family;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

class ResolverTest : public ::testing::Test {
 protected:
  Result<std::vector<Address>> Resolve(const std::string& host) {
    std::optional<Result<std::vector<Address>>> resolved;
    auto operation = network_.loop().Resolve(
        host, [&](Result<std::vector<Address>> result) { resolved.emplace(std::move(result)); });
    EXPECT_FALSE(resolved.has_value()) << "called from inside Resolve";
    network_.RunUntil([&] { return resolved.has_value(); });
    return *std::move(resolved);
  }

  RealNetwork network_{Family::kIpv4};
};

TEST_F(ResolverTest, LiteralsAreThemselves) {
  EXPECT_THAT(*Resolve("192.0.2.7"), ElementsAre(Address{Family::kIpv4, "192.0.2.7", 0}));
  EXPECT_THAT(*Resolve("2001:db8::7"), ElementsAre(Address{Family::kIpv6, "2001:db8::7", 0}));
  EXPECT_THAT(*Resolve("fe80::1%lo"), ElementsAre(Address{Family::kIpv6, "fe80::1%lo", 0}));
}

TEST_F(ResolverTest, LocalhostIsTheLoopback) {
  for (const char* name : {"localhost", "localhost.", "db.localhost"}) {
    const auto resolved = Resolve(name);
    ASSERT_TRUE(resolved.ok()) << resolved.error().message();
    EXPECT_THAT(*resolved, Contains(Address{Family::kIpv4, "127.0.0.1", 0})) << name;
  }
}

TEST_F(ResolverTest, TheHostsFileIsAsked) {
  TemporaryFolder folder;
  const std::string hosts = folder / "hosts";
  std::ofstream(hosts) << "192.0.2.1 weather.test\n2001:db8::1 weather.test\n192.0.2.9 other.test\n";
  ::setenv("CARES_HOSTS", hosts.c_str(), 1);
  const auto resolved = Resolve("weather.test");
  ::unsetenv("CARES_HOSTS");
  ASSERT_TRUE(resolved.ok()) << resolved.error().message();
  EXPECT_THAT(*resolved,
              UnorderedElementsAre(Address{Family::kIpv4, "192.0.2.1", 0}, Address{Family::kIpv6, "2001:db8::1", 0}));
}

TEST_F(ResolverTest, WhatIsNoNameIsRefused) {
  const std::string no_names[] = {"", std::string("a\0b", 3), std::string(300, 'x'), "two..dots"};
  for (const std::string& name : no_names) {
    const auto resolved = Resolve(name);
    ASSERT_FALSE(resolved.ok()) << name;
    EXPECT_EQ(resolved.code(), StatusCode::kUnavailable);
    EXPECT_THAT(resolved.error().message(), StartsWith("resolve \"" + name + "\": "));
  }
}

TEST_F(ResolverTest, ADestroyedLookUpDoesNotCallBack) {
  bool called = false;
  auto literal = network_.loop().Resolve("192.0.2.7", [&](Result<std::vector<Address>>) { called = true; });
  auto query = network_.loop().Resolve("name.invalid", [&](Result<std::vector<Address>>) { called = true; });
  literal.reset();
  query.reset();
  (void)Resolve("192.0.2.8");
  EXPECT_FALSE(called);
}

TEST_F(ResolverTest, ALookUpMayBeDestroyedByItsCallback) {
  std::unique_ptr<Operation> operation;
  bool called = false;
  operation = network_.loop().Resolve("localhost", [&](Result<std::vector<Address>>) {
    operation.reset();
    called = true;
  });
  network_.RunUntil([&] { return called; });
}

// A name server on the test's own loop. It answers A and AAAA questions (RFC 1035, section 4).
class NameServer final : private ByteStream::Handler {
 public:
  explicit NameServer(AsioLoop& loop) : watched_(loop) {
    posix::Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const auto any = posix::ToSocketAddress({Family::kIpv4, "127.0.0.1", 0});
    EXPECT_EQ(::bind(socket.get(), any->get(), any->size), 0);
    address_ = posix::LocalAddress(socket.get()).ToString();
    watched_.SetHandler(this);
    EXPECT_EQ(watched_.Watch(std::move(socket)), 0);
    watched_.WaitReadable();
  }
  const std::string& address() const { return address_; }
  int questions() const { return questions_; }

  // Raw addresses, of 4 and of 16 bytes.
  std::vector<std::string> ipv4, ipv6;
  int code = 0;  // of the response: 3 is "no such name"
  bool silent = false;

 private:
  static constexpr std::size_t kHeader = 12;

  void OnWritable() override {}
  void OnReadable() override {
    char buffer[512];
    posix::SocketAddress from;
    from.size = sizeof(from.storage);
    const ssize_t size = ::recvfrom(watched_.get(), buffer, sizeof(buffer), 0, from.get(), &from.size);
    watched_.WaitReadable();
    if (size < static_cast<ssize_t>(kHeader)) return;
    ++questions_;
    if (silent) return;
    const std::string answer = Answer(std::string(buffer, static_cast<std::size_t>(size)));
    ::sendto(watched_.get(), answer.data(), answer.size(), 0, from.get(), from.size);
  }

  std::string Answer(const std::string& query) const {
    // The question's name ends with an empty label; two bytes of type and two of class follow.
    const std::size_t name_end = query.find('\0', kHeader) + 1;
    const char type = query[name_end + 1];
    const std::vector<std::string>& addresses = type == 1 ? ipv4 : ipv6;
    std::string answer = query.substr(0, name_end + 4);
    answer[2] = static_cast<char>(0x84);  // a response, authoritative
    answer[3] = static_cast<char>(code);
    answer[7] = static_cast<char>(code == 0 ? addresses.size() : 0);
    answer[8] = answer[9] = answer[10] = answer[11] = 0;
    if (code != 0) return answer;
    for (const std::string& address : addresses) {
      answer += "\xc0\x0c";  // the name: the question's
      answer += {'\0', type, '\0', '\1', '\0', '\0', '\0', '\x3c', '\0', static_cast<char>(address.size())};
      answer += address;
    }
    return answer;
  }

  WatchedDescriptor watched_;
  std::string address_;
  int questions_ = 0;
};

class NameServerTest : public ::testing::Test {
 protected:
  // Made in two steps, as the server needs a loop and the loop that asks needs the server's address.
  NameServerTest() {
    AsioLoopOptions options;
    options.name_servers = server_.address();
    asking_ = std::make_unique<AsioLoop>(options);
  }
  // Both loops run on this thread in turn; neither sleeps for more than a moment.
  void RunUntil(const std::function<bool()>& done) {
    const auto tick = [](AsioLoop& loop) {
      loop.Post([] {});
      loop.RunTurn();
    };
    const TimePoint give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done()) {
      tick(server_loop_);
      tick(*asking_);
      ASSERT_LT(std::chrono::steady_clock::now(), give_up);
    }
  }
  Result<std::vector<Address>> Resolve(const std::string& host) {
    std::optional<Result<std::vector<Address>>> resolved;
    auto operation =
        asking_->Resolve(host, [&](Result<std::vector<Address>> result) { resolved.emplace(std::move(result)); });
    RunUntil([&] { return resolved.has_value(); });
    if (!resolved) return Error(StatusCode::kDeadlineExceeded);
    return *std::move(resolved);
  }

  AsioLoop server_loop_;
  NameServer server_{server_loop_};
  std::unique_ptr<AsioLoop> asking_;
};

TEST_F(NameServerTest, GivesAddressesOfBothFamilies) {
  server_.ipv4 = {std::string("\xc0\0\x02\x01", 4), std::string("\xc0\0\x02\x02", 4)};
  server_.ipv6 = {std::string("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16)};
  const auto resolved = Resolve("weather.example");
  ASSERT_TRUE(resolved.ok()) << resolved.error().message();
  EXPECT_THAT(*resolved,
              UnorderedElementsAre(Address{Family::kIpv4, "192.0.2.1", 0}, Address{Family::kIpv4, "192.0.2.2", 0},
                                   Address{Family::kIpv6, "2001:db8::1", 0}));
}

TEST_F(NameServerTest, OneFamilyIsEnough) {
  server_.ipv4 = {std::string("\xc0\0\x02\x01", 4)};
  const auto resolved = Resolve("weather.example");
  ASSERT_TRUE(resolved.ok()) << resolved.error().message();
  EXPECT_THAT(*resolved, ElementsAre(Address{Family::kIpv4, "192.0.2.1", 0}));
}

TEST_F(NameServerTest, ANameThatDoesNotExistIsAnErrorThatNamesIt) {
  server_.code = 3;
  const auto resolved = Resolve("nobody.example");
  ASSERT_FALSE(resolved.ok());
  EXPECT_EQ(resolved.code(), StatusCode::kUnavailable);
  EXPECT_EQ(resolved.error().message(), "resolve \"nobody.example\": Domain name not found");
}

TEST_F(NameServerTest, ALookUpThatWaitsForItsAnswerCanBeCancelled) {
  server_.silent = true;
  bool called = false;
  auto waiting = asking_->Resolve("weather.example", [&](Result<std::vector<Address>>) { called = true; });
  RunUntil([&] { return server_.questions() > 0; });
  waiting.reset();
  server_.silent = false;
  server_.ipv4 = {std::string("\xc0\0\x02\x01", 4)};
  EXPECT_TRUE(Resolve("other.example").ok());
  EXPECT_FALSE(called);
}

TEST_F(NameServerTest, LocalhostIsNotAskedFor) {
  EXPECT_TRUE(Resolve("localhost").ok());
  EXPECT_TRUE(Resolve("db.localhost").ok());
  EXPECT_EQ(server_.questions(), 0);
}

}  // namespace
}  // namespace rhei::inline v0::runtime
