#include "runtime/asio/resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/network_for_test.h"

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

}  // namespace
}  // namespace rhei::inline v0::runtime
