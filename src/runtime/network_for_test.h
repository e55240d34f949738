// The real network as tests use it: one loop that runs on the test's thread.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "runtime/asio/asio_loop.h"
#include "runtime/network_under_test.h"

namespace rhei::inline v0::runtime {

// Fails the test when the loop runs for too long: a hang then says where it is.
class Watchdog {
 public:
  explicit Watchdog(Loop& loop)
      : timer_([this] {
          expired_ = true;
          ADD_FAILURE() << "what was waited for did not happen";
        }) {
    loop.Arm(timer_, std::chrono::steady_clock::now() + std::chrono::seconds(60));
  }
  bool expired() const { return expired_; }

 private:
  bool expired_ = false;
  Timer timer_;
};

// A folder of its own for files and Unix sockets, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "rhei-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(std::string_view name) const { return path_ + '/' + std::string(name); }

 private:
  std::string path_;
};

class RealNetwork final : public NetworkUnderTest {
 public:
  explicit RealNetwork(Address::Family family, AsioLoopOptions options = {}) : family_(family), loop_(options) {}

  AsioLoop& loop() override { return loop_; }
  void RunUntil(std::function<bool()> done) override {
    Watchdog watchdog(loop_);
    while (!done() && !watchdog.expired()) loop_.RunTurn();
  }
  Address AnyAddress() override {
    switch (family_) {
      case Address::Family::kIpv4: return {family_, "127.0.0.1", 0};
      case Address::Family::kIpv6: return {family_, "::1", 0};
      case Address::Family::kUnix: break;
    }
    return {family_, folder_ / ("socket" + std::to_string(++sockets_)), 0};
  }
  Address NobodysAddress() override {
    if (family_ == Address::Family::kUnix) return {family_, "@rhei-nobody-" + std::to_string(::getpid()), 0};
    return NetworkUnderTest::NobodysAddress();
  }

 private:
  const Address::Family family_;
  TemporaryFolder folder_;
  int sockets_ = 0;
  AsioLoop loop_;
};

}  // namespace rhei::inline v0::runtime
