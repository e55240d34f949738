#include "tests/contract/transports.h"

#include <chrono>
#include <utility>

#include "rhei/inprocess.h"
#include "rhei/runtime.h"
#include "testing/simulated_world.h"

namespace rhei::inline v0::contract {
namespace {

using namespace std::chrono_literals;

class SimulatedHttp2Transport final : public Transport {
 public:
  ~SimulatedHttp2Transport() override {
    server_.reset();
    world_.RunFor(3s);
  }

  Status Serve(Service& service, RunOn run_on) override {
    server_ = std::make_unique<Server>(ServerOptions().UseRuntime(world_.AddRuntime()).UseLimits(limits));
    server_->Add(service, run_on).Listen("10.1.1.1:80");
    return server_->Start();
  }
  Channel Connect(ChannelOptions options) override {
    return rhei::Connect("ipv4:10.1.1.1:80", options.UseRuntime(world_.runtime()));
  }
  void StopServer() override { (void)server_->Stop(0s); }
  void Settle() override { world_.RunFor(100ms); }

 private:
  testing::SimulatedWorld world_{1};
  std::unique_ptr<Server> server_;
};

class SocketTransport final : public Transport {
 public:
  Status Serve(Service& service, RunOn run_on) override {
    server_ = std::make_unique<Server>(ServerOptions().UseLimits(limits));
    server_->Add(service, run_on).Listen("127.0.0.1:0");
    return server_->Start();
  }
  Channel Connect(ChannelOptions options) override {
    return rhei::Connect("127.0.0.1:" + std::to_string(server_->port()), std::move(options));
  }
  void StopServer() override { (void)server_->Stop(0s); }
  void Settle() override {}

 private:
  std::unique_ptr<Server> server_;
};

class SimulatedInProcessTransport final : public Transport {
 public:
  ~SimulatedInProcessTransport() override {
    server_.reset();
    world_.RunFor(3s);
  }

  Status Serve(Service& service, RunOn run_on) override {
    server_ = std::make_unique<Server>(ServerOptions().UseRuntime(world_.AddRuntime()).UseLimits(limits));
    server_->Add(service, run_on).Listen(kInProcess);
    return server_->Start();
  }
  Channel Connect(ChannelOptions options) override {
    return ConnectInProcess(*server_, options.UseRuntime(world_.runtime()));
  }
  void StopServer() override { (void)server_->Stop(0s); }
  void Settle() override { world_.RunFor(100ms); }

 private:
  testing::SimulatedWorld world_{1};
  std::unique_ptr<Server> server_;
};

class InProcessTransport final : public Transport {
 public:
  Status Serve(Service& service, RunOn run_on) override {
    server_ = std::make_unique<Server>(ServerOptions().UseLimits(limits));
    server_->Add(service, run_on).Listen(kInProcess);
    return server_->Start();
  }
  Channel Connect(ChannelOptions options) override { return ConnectInProcess(*server_, std::move(options)); }
  void StopServer() override { (void)server_->Stop(0s); }
  void Settle() override {}

 private:
  std::unique_ptr<Server> server_;
};

}  // namespace

TransportKind SimulatedInProcess() {
  return {"SimulatedInProcess", [] { return std::make_unique<SimulatedInProcessTransport>(); }};
}

TransportKind InProcess() {
  return {"InProcess", [] { return std::make_unique<InProcessTransport>(); }};
}

TransportKind SimulatedHttp2() {
  return {"SimulatedHttp2", [] { return std::make_unique<SimulatedHttp2Transport>(); }};
}

TransportKind Sockets() {
  return {"Sockets", [] { return std::make_unique<SocketTransport>(); }};
}

std::vector<TransportKind> AllTransports() { return {SimulatedHttp2(), Sockets(), SimulatedInProcess(), InProcess()}; }

}  // namespace rhei::inline v0::contract
