// A server and a client of the whole stack in a simulated world, for tests.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rhei/generic.h"
#include "rhei/rhei.h"
#include "runtime/loop.h"
#include "testing/simulated_world.h"

namespace rhei::inline v0::testing {

// Answers every method with one function, which it owns.
class FunctionService final : public GenericService {
 public:
  using Function = std::function<Task<Result<std::string>>(ServerContext&, const std::string&)>;

  explicit FunctionService(Function function) : function_(std::move(function)) {}
  Task<Result<std::string>> Call(ServerContext& context, const std::string& request) override {
    ++started;
    return function_(context, request);
  }

  int started = 0;

 private:
  Function function_;
};

// Keeps lines; for runtimes whose logs a test looks at, or does not want to see.
class KeepingLogger final : public Logger {
 public:
  void Write(LogLevel, std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

inline constexpr std::string_view kServerAddress = "10.1.1.1:80";
inline constexpr std::string_view kMethod = "/test.Test/Method";

inline Task<Result<std::string>> Echo(ServerContext&, const std::string& request) { return "echo " + request; }

// A server at kServerAddress and a channel to it, each on a host of its own, with so many loops.
class SimulatedStack {
 public:
  explicit SimulatedStack(FunctionService::Function function = Echo, std::uint64_t seed = 1,
                          const SimulationOptions& options = {}, std::size_t loops = 1)
      : world(seed, options), service(std::move(function)) {
    server_log = std::make_shared<KeepingLogger>();
    server_runtime = world.AddRuntime(loops, server_log);
    client_runtime = world.AddRuntime(loops);
  }

  // What closes gently takes a second.
  ~SimulatedStack() {
    server.reset();
    world.RunFor(std::chrono::seconds(3));
  }
  SimulatedStack(const SimulatedStack&) = delete;
  SimulatedStack& operator=(const SimulatedStack&) = delete;

  // Starts a server; the one before is destroyed.
  Status Start() {
    server.reset();
    server = std::make_unique<Server>(ServerOptions().UseRuntime(server_runtime).UseLimits(server_limits));
    server->AddGeneric(service, run_on);
    server->Listen(kServerAddress);
    return server->Start();
  }

  GenericStub Stub(ChannelOptions options = ChannelOptions()) const {
    options.UseRuntime(client_runtime);
    return GenericStub(Connect("ipv4:" + std::string(kServerAddress), options));
  }

  // Does this on the client's loop, so much later.
  void After(Duration delay, UniqueFunction<void()> work) {
    auto arm = [this, delay, work = std::move(work)]() mutable {
      timers_.push_back(std::make_unique<runtime::Timer>(std::move(work)));
      client_runtime->loop(0).Arm(*timers_.back(), client_runtime->loop(0).Now() + delay);
    };
    client_runtime->loop(0).Post(std::move(arm));
  }

  SimulatedWorld world;
  std::shared_ptr<KeepingLogger> server_log;
  std::shared_ptr<Runtime> server_runtime;
  std::shared_ptr<Runtime> client_runtime;
  FunctionService service;
  Limits server_limits;
  RunOn run_on = RunOn::kLoop;
  std::unique_ptr<Server> server;

 private:
  std::vector<std::unique_ptr<runtime::Timer>> timers_;
};

}  // namespace rhei::inline v0::testing
