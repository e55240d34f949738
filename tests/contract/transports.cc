#include "tests/contract/transports.h"

#include <chrono>
#include <utility>

#include "rhei/inprocess.h"
#include "rhei/runtime.h"
#include "testing/simulated_world.h"

namespace rhei::inline v0::contract {
namespace {

using namespace std::chrono_literals;

// Adds the service, and what a test has said of its interceptors.
Server& Offer(Server& server, Service& service, RunOn run_on, const Interceptors& interceptors) {
  server.Add(service, run_on);
  for (const std::shared_ptr<Interceptor>& interceptor : interceptors) server.Intercept(interceptor);
  return server;
}

class SimulatedHttp2Transport : public Transport {
 public:
  ~SimulatedHttp2Transport() override {
    server_.reset();
    world_.RunFor(3s);
  }

  Status Serve(Service& service, RunOn run_on) override {
    server_ = std::make_unique<Server>(ServerOptions().UseRuntime(world_.AddRuntime()).UseLimits(limits));
    Offer(*server_, service, run_on, interceptors).Listen("10.1.1.1:80");
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
    Offer(*server_, service, run_on, interceptors).Listen("127.0.0.1:0");
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
    Offer(server(), service, run_on, interceptors).Listen(kInProcess);
    return server_->Start();
  }
  Channel Connect(ChannelOptions options) override {
    return ConnectInProcess(server(), options.UseRuntime(world_.runtime()));
  }
  void StopServer() override { (void)server_->Stop(0s); }
  void Settle() override { world_.RunFor(100ms); }

 private:
  Server& server() {
    if (server_ == nullptr) {
      server_ = std::make_unique<Server>(ServerOptions().UseRuntime(world_.AddRuntime()).UseLimits(limits));
    }
    return *server_;
  }

  testing::SimulatedWorld world_{1};
  std::unique_ptr<Server> server_;
};

class InProcessTransport : public Transport {
 public:
  Status Serve(Service& service, RunOn run_on) override {
    Offer(server(), service, run_on, interceptors).Listen(kInProcess);
    return server_->Start();
  }
  Channel Connect(ChannelOptions options) override { return ConnectInProcess(server(), std::move(options)); }
  void StopServer() override { (void)server_->Stop(0s); }
  void Settle() override {}

 private:
  Server& server() {
    if (server_ == nullptr) server_ = std::make_unique<Server>(ServerOptions().UseLimits(limits));
    return *server_;
  }

  std::unique_ptr<Server> server_;
};

// Looks at everything, and changes nothing.
class Looking final : public Interceptor {
 public:
  std::string_view name() const override { return "looking"; }
  Task<Trailers> Intercept(CallInfo&, Call& call, Next next) override {
    std::size_t seen = 0;
    const auto look = [&seen](AnyMessage& message) {
      seen += message.Size().value_or(0);
      return Status();
    };
    call.OnRequest(look);
    call.OnReply(look);
    call.OnHeaders([&seen](Metadata& headers) { seen += headers.size(); });
    Trailers trailers = co_await next();
    co_return trailers;
  }
};

template <typename Base>
class Intercepted final : public Base {
 public:
  Intercepted() { this->interceptors.push_back(std::make_shared<Looking>()); }
  Channel Connect(ChannelOptions options) override {
    return Base::Connect(options.Intercept(std::make_shared<Looking>()));
  }
};

}  // namespace

TransportKind InterceptedHttp2() {
  return {"InterceptedHttp2", [] { return std::make_unique<Intercepted<SimulatedHttp2Transport>>(); }};
}

TransportKind InterceptedInProcess() {
  return {"InterceptedInProcess", [] { return std::make_unique<Intercepted<InProcessTransport>>(); }};
}

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

std::vector<TransportKind> AllTransports() {
  return {SimulatedHttp2(), Sockets(), SimulatedInProcess(), InProcess(), InterceptedHttp2(), InterceptedInProcess()};
}

}  // namespace rhei::inline v0::contract
