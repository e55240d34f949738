#include "rhei/server.h"

#include <atomic>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "rhei/runtime.h"
#include "rpc/connection_count.h"
#include "rpc/method_registry.h"
#include "rpc/server_listeners.h"
#include "rpc/server_loop.h"
#include "rpc/server_stop.h"
#include "runtime/loop.h"
#include "runtime/posix/signal_watch.h"
#include "transport/inprocess_server.h"

namespace rhei::inline v0 {

ServerOptions& ServerOptions::UseRuntime(std::shared_ptr<Runtime> runtime) & {
  runtime_ = std::move(runtime);
  return *this;
}

ServerOptions& ServerOptions::UseLimits(const Limits& limits) & {
  limits_ = limits;
  return *this;
}

ServerOptions& ServerOptions::Grace(Duration grace) & {
  grace_ = grace;
  return *this;
}

// Kept by the Server, and by the work that it posts to loops; a connection whose handler outlives the server keeps it
// too.
class Server::State final : public std::enable_shared_from_this<State>, public transport::InProcessServer {
 public:
  explicit State(ServerOptions options)
      : options_(std::move(options)), runtime_(options_.runtime() ? options_.runtime() : Runtime::Default()) {}

  ~State();

  rpc::MethodRegistry& methods() { return methods_; }
  void Listen(std::string_view address) {
    if (address == kInProcess) {
      in_process_ = true;
    } else {
      addresses_.emplace_back(address);
    }
  }
  const ServerOptions& options() const { return options_; }
  std::uint16_t port() const { return port_.load(); }
  bool started() const { return started_.load(); }
  bool runs_by_itself() { return home().RunsByItself(); }

  using Done = UniqueFunction<void(const Status&)>;

  Status Start();
  Status Stop(Duration grace);
  // `done` is called on a loop, or here.
  void BeginStart(Done done);
  void BeginStop(Duration grace, Done done);
  // `told` is called, on any thread, when somebody asks the server to stop; at once if somebody has.
  void OnStopRequest(UniqueFunction<void()> told);

  Place PlaceFor(std::size_t client_index) override;
  bool Admit(std::size_t index, transport::InProcessServerCall& call) override;
  void GiveBack(std::size_t index, transport::InProcessServerCall& call) override;
  const transport::CallRouter& router() const override { return methods_; }
  const Limits& limits() const override { return options_.limits(); }

 private:
  runtime::Loop& home() { return runtime_->loop(0); }
  Status Prepare();
  void OnListening(const Status& result);
  void Accept(std::unique_ptr<runtime::AcceptedStream> accepted);
  void NoteStopRequest();

  const ServerOptions options_;
  // Above what uses its loops, so that it goes last.
  const std::shared_ptr<Runtime> runtime_;
  rpc::MethodRegistry methods_;
  std::vector<std::string> addresses_;
  bool in_process_ = false;  // there need not be an address
  rpc::ConnectionCount connections_{options_.limits()};
  std::vector<std::unique_ptr<rpc::ServerLoop>> loops_;
  std::unique_ptr<rpc::ServerListeners> listeners_;  // on the home loop
  Done on_start_;                                    // on the home loop, while it begins to listen
  std::size_t next_loop_ = 0;                        // on the home loop
  std::atomic<std::uint16_t> port_{0};
  std::atomic<bool> started_{false};
  std::atomic<bool> serving_{false};       // loops_ is there for all threads
  std::shared_ptr<rpc::ServerStop> stop_;  // on the home loop
  std::mutex stop_request_mutex_;
  bool stop_requested_ = false;
  UniqueFunction<void()> on_stop_request_;
};

Server::State::~State() = default;

Status Server::State::Start() {
  if (!home().MayAwait()) {
    return Error(StatusCode::kFailedPrecondition,
                 "give Start a function to call: without one it blocks, which an event loop's thread must not");
  }
  Status status;
  runtime::Completion listening;
  BeginStart([&status, &listening](const Status& result) {
    status = result;
    listening.Set();
  });
  home().Await(listening);
  return status;
}

Status Server::State::Prepare() {
  if (started_.exchange(true)) return Error(StatusCode::kFailedPrecondition, "the server was started already");
  if (addresses_.empty() && !in_process_) {
    return Error(StatusCode::kFailedPrecondition, "the server has no address: call Listen before Start");
  }
  if (Status sealed = methods_.Seal(*runtime_); !sealed.ok()) return sealed;
  for (std::size_t index = 0; index < runtime_->loop_count(); ++index) {
    loops_.push_back(
        std::make_unique<rpc::ServerLoop>(methods_, options_.limits(), runtime_->loop(index), index, connections_));
  }
  serving_.store(true, std::memory_order_release);
  return {};
}

void Server::State::BeginStart(Done done) {
  if (Status prepared = Prepare(); !prepared.ok()) return done(prepared);
  auto listen = [self = shared_from_this(), done = std::move(done)]() mutable {
    if (self->addresses_.empty()) return done({});
    self->on_start_ = std::move(done);
    auto accept = [weak = self->weak_from_this()](std::unique_ptr<runtime::AcceptedStream> accepted) {
      if (const std::shared_ptr<State> state = weak.lock()) state->Accept(std::move(accepted));
    };
    auto shed = [weak = self->weak_from_this()] {
      if (const std::shared_ptr<State> state = weak.lock()) state->methods_.abuses().Count(Abuse::kNoDescriptor);
    };
    self->listeners_ = std::make_unique<rpc::ServerListeners>(self->home(), std::move(accept), std::move(shed));
    self->listeners_->Listen(self->addresses_, [&state = *self](const Status& result) { state.OnListening(result); });
  };
  home().Post(std::move(listen));
}

void Server::State::OnListening(const Status& result) {
  port_ = listeners_->port();
  if (!result.ok()) listeners_.reset();
  Done done = std::exchange(on_start_, nullptr);
  done(result);
}

void Server::State::Accept(std::unique_ptr<runtime::AcceptedStream> accepted) {
  rpc::ServerLoop& server_loop = *loops_[next_loop_++ % loops_.size()];
  auto adopt = [self = shared_from_this(), &server_loop, accepted = std::move(accepted)]() mutable {
    server_loop.Adopt(std::move(accepted));
  };
  if (server_loop.loop().IsCurrent()) return adopt();
  server_loop.loop().Post(std::move(adopt));
}

void Server::State::BeginStop(Duration grace, Done done) {
  if (!started_ || loops_.empty()) return done({});
  NoteStopRequest();
  auto begin = [self = shared_from_this(), grace, done = std::move(done)]() mutable {
    if (self->stop_ == nullptr) {
      self->listeners_.reset();
      if (Done on_start = std::exchange(self->on_start_, nullptr)) {
        on_start(Error(StatusCode::kCancelled, "the server was stopped before it listened"));
      }
      std::vector<rpc::ServerLoop*> loops;
      for (const auto& server_loop : self->loops_) loops.push_back(server_loop.get());
      self->stop_ = std::make_shared<rpc::ServerStop>(std::move(loops), self);
      self->stop_->Begin();
    }
    self->stop_->WhenDone(std::move(done));
    self->stop_->EndAfter(grace);
  };
  home().Post(std::move(begin));
}

Status Server::State::Stop(Duration grace) {
  // On a loop there is no waiting: the server stops behind the caller's back.
  if (!home().MayAwait()) {
    BeginStop(grace, [](const Status&) {});
    return Error(StatusCode::kFailedPrecondition,
                 "give Stop a function to call: on an event loop's thread it cannot wait; the server is stopping");
  }
  Status status;
  runtime::Completion stopped;
  BeginStop(grace, [&status, &stopped](const Status& result) {
    status = result;
    stopped.Set();
  });
  home().Await(stopped);
  return status;
}

void Server::State::OnStopRequest(UniqueFunction<void()> told) {
  const std::scoped_lock lock(stop_request_mutex_);
  on_stop_request_ = std::move(told);
  if (stop_requested_ && on_stop_request_) on_stop_request_();
}

void Server::State::NoteStopRequest() {
  const std::scoped_lock lock(stop_request_mutex_);
  if (std::exchange(stop_requested_, true)) return;
  if (on_stop_request_) on_stop_request_();
}

transport::InProcessServer::Place Server::State::PlaceFor(std::size_t client_index) {
  const std::size_t index = client_index % runtime_->loop_count();
  runtime::Loop& loop = runtime_->loop(index);
  return {loop, index};
}

bool Server::State::Admit(std::size_t index, transport::InProcessServerCall& call) {
  return serving_.load(std::memory_order_acquire) && loops_[index]->Admit(call);
}

void Server::State::GiveBack(std::size_t index, transport::InProcessServerCall& call) { loops_[index]->GiveBack(call); }

Server::Server(ServerOptions options) : state_(std::make_shared<State>(std::move(options))) {}

Server::~Server() { (void)state_->Stop(Duration::zero()); }

Server& Server::Add(Service& service, RunOn run_on) {
  state_->methods().Add(service, run_on);
  return *this;
}

Server& Server::SetRunOn(std::string_view path, RunOn run_on) {
  state_->methods().SetRunOn(path, run_on);
  return *this;
}

Server& Server::SetTimeout(std::string_view path, Duration timeout) {
  state_->methods().SetTimeout(path, timeout);
  return *this;
}

Server& Server::AddGeneric(GenericService& service, RunOn run_on) {
  state_->methods().AddGeneric(service, run_on);
  return *this;
}

Server& Server::AddGeneric(GenericStreamingService& service, RunOn run_on) {
  state_->methods().AddGeneric(service, run_on);
  return *this;
}

Server& Server::Intercept(std::shared_ptr<Interceptor> interceptor) {
  state_->methods().Intercept(std::move(interceptor));
  return *this;
}

Server& Server::Intercept(std::string_view service, std::shared_ptr<Interceptor> interceptor) {
  state_->methods().Intercept(service, std::move(interceptor));
  return *this;
}

Server& Server::SetHttpHandler(HttpHandler& handler) {
  state_->methods().SetHttpHandler(handler);
  return *this;
}

Server& Server::Listen(std::string_view address) {
  state_->Listen(address);
  return *this;
}

std::shared_ptr<transport::InProcessServer> Server::InProcess() const { return state_; }

Status Server::Start() { return state_->Start(); }

void Server::Start(UniqueFunction<void(const Status&)> done) { state_->BeginStart(std::move(done)); }

void Server::Stop(Duration grace, UniqueFunction<void(const Status&)> done) {
  state_->BeginStop(grace, std::move(done));
}

AbuseCounts Server::Abuses() const { return state_->methods().abuses().Now(); }

std::uint16_t Server::port() const { return state_->port(); }

Status Server::Stop(Duration grace) { return state_->Stop(grace); }

Status Server::Run(UniqueFunction<void()> serving) {
  if (!state_->runs_by_itself()) {
    return Error(StatusCode::kFailedPrecondition,
                 "call Start, then run the server's event loop: Run would wait on the thread that the loop needs");
  }
  runtime::posix::SignalWatch signals;
  if (signals.taken()) {
    return Error(StatusCode::kFailedPrecondition, "another server of this process is in Run: give it Start instead");
  }
  if (!state_->started()) {
    if (Status started = state_->Start(); !started.ok()) return started;
  }
  state_->OnStopRequest([&signals] { signals.Wake(); });
  if (serving) serving();
  signals.Wait();
  state_->OnStopRequest(nullptr);

  Status status;
  std::atomic<int> stopped{0};
  state_->BeginStop(state_->options().grace(), [&](const Status& result) {
    status = result;
    ++stopped;
    signals.Wake();
  });
  while (stopped == 0) {
    // A second signal ends the waiting for calls.
    if (signals.Wait() && stopped == 0) state_->BeginStop(Duration::zero(), [](const Status&) {});
  }
  return status;
}

}  // namespace rhei::inline v0
