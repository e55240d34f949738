// A call through a gateway and three services, A, B and C, each a server of its own: what a deadline does that travels
// with the call, and what becomes of the same chain where each service has a timeout for itself.
#include <chrono>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "chain.rhei.h"
#include "rhei/rhei.h"
#include "time_line.h"

namespace {

using namespace std::chrono_literals;
using timeline::Milliseconds;

constexpr Milliseconds kTimeout = 200ms;
constexpr Milliseconds kPiece = 10ms;

// Works for so long, by pieces. Ends early when its caller's call is cancelled or its deadline has passed.
rhei::Task<rhei::Status> Work(Milliseconds duration, timeline::Handler& log) {
  for (auto done = 0ms; done < duration; done += kPiece) {
    const auto begin = std::chrono::steady_clock::now();
    const rhei::Status slept = co_await rhei::Sleep(kPiece);
    log.work.push_back({begin, std::chrono::steady_clock::now(), slept.ok()});
    if (!slept.ok()) co_return slept;
  }
  co_return rhei::Status();
}

// One service of the chain. How it serves, the two below say.
class Link : public chain::Link::Service {
 public:
  Link(Milliseconds work, std::optional<chain::Link::Stub> next, timeline::Handler& log)
      : work_(work), next_(std::move(next)), log_(log) {}

  rhei::Task<rhei::Result<chain::Done>> Do(rhei::ServerContext&, const chain::Order& order) final {
    log_.begin = std::chrono::steady_clock::now();
    rhei::Result<chain::Done> result = co_await Serve(order);
    log_.end = std::chrono::steady_clock::now();
    log_.result = result.ok() ? rhei::Status() : result.error();
    co_return result;
  }

 protected:
  virtual rhei::Task<rhei::Result<chain::Done>> Serve(const chain::Order& order) = 0;

  const Milliseconds work_;
  const std::optional<chain::Link::Stub> next_;
  timeline::Handler& log_;
};

// Mentions neither deadline nor cancellation: both came with the call, and go on with the next one.
class ChainedLink final : public Link {
 public:
  using Link::Link;

 private:
  rhei::Task<rhei::Result<chain::Done>> Serve(const chain::Order& order) override {
    if (rhei::Status worked = co_await Work(work_, log_); !worked.ok()) co_return worked.error();
    if (!next_) co_return chain::Done();
    co_return co_await next_->Do(order);
  }
};

// Knows nothing of its caller: it works without asking for whom, and gives the next one a timeout of its own.
class LoneLink final : public Link {
 public:
  using Link::Link;

 private:
  rhei::Task<rhei::Result<chain::Done>> Serve(const chain::Order& order) override {
    // As if nothing had come with the call.
    const rhei::Context::Scope scope{rhei::Context()};
    if (rhei::Status worked = co_await Work(work_, log_); !worked.ok()) co_return worked.error();
    if (!next_) co_return chain::Done();
    co_return co_await next_->Do(order, rhei::CallOptions().Timeout(kTimeout).Detached());
  }
};

// The gateway and the services A, B and C, each a server on an address of its own.
class Chain {
 public:
  enum class Timeouts { kOneForAll, kOneForEach };

  Chain(Timeouts timeouts, Milliseconds work_of_c)
      : timeouts_(timeouts), handlers_{{.name = "gateway"}, {.name = "A"}, {.name = "B"}, {.name = "C"}} {
    Serve(work_of_c, handlers_[3]);
    Serve(20ms, handlers_[2]);
    Serve(20ms, handlers_[1]);
    Serve(0ms, handlers_[0]);
  }

  const chain::Link::Stub& gateway() const { return *stub_; }
  const std::vector<timeline::Handler>& handlers() const { return handlers_; }

  // Waits for the handlers that still run.
  void Stop() {
    for (rhei::Server& server : servers_) CheckOk(server.Stop(10s));
  }

 private:
  static void CheckOk(const rhei::Status& status) {
    if (status.ok()) return;
    std::cerr << status.ToString() << '\n';
    std::exit(1);
  }

  // Starts a server that calls the one that was started before it.
  void Serve(Milliseconds work, timeline::Handler& handler) {
    if (timeouts_ == Timeouts::kOneForAll) {
      links_.push_back(std::make_unique<ChainedLink>(work, stub_, handler));
    } else {
      links_.push_back(std::make_unique<LoneLink>(work, stub_, handler));
    }
    rhei::Server& server = servers_.emplace_back(rhei::ServerOptions().UseRuntime(runtime_));
    server.Add(*links_.back()).Listen("127.0.0.1:0");
    const bool is_gateway = &handler == &handlers_[0];
    if (is_gateway && timeouts_ == Timeouts::kOneForAll) server.SetTimeout("/chain.Link/Do", kTimeout);
    CheckOk(server.Start());
    stub_.emplace(
        rhei::Connect("127.0.0.1:" + std::to_string(server.port()), rhei::ChannelOptions().UseRuntime(runtime_)));
  }

  const Timeouts timeouts_;
  // One loop, so that the handlers' logs need no lock.
  const std::shared_ptr<rhei::Runtime> runtime_ = std::make_shared<rhei::Runtime>(rhei::RuntimeOptions().Loops(1));
  std::vector<timeline::Handler> handlers_;
  std::vector<std::unique_ptr<Link>> links_;
  std::deque<rhei::Server> servers_;
  std::optional<chain::Link::Stub> stub_;  // of the server that was started last
};

// A user calls the gateway, and may lose patience.
void Show(const char* title, Chain::Timeouts timeouts, Milliseconds work_of_c,
          std::optional<Milliseconds> patience = std::nullopt) {
  Chain chain(timeouts, work_of_c);
  const auto begin = std::chrono::steady_clock::now();
  auto call = chain.gateway().Do(chain::Order());
  if (patience) {
    std::this_thread::sleep_until(begin + *patience);
    call.Cancel();
  }
  const rhei::Result<chain::Done> reply = call.Wait();
  chain.Stop();

  std::cout << title << '\n';
  timeline::Print(begin, chain.handlers());
  std::cout << "  the user gets " << (reply.ok() ? "the answer" : reply.error().ToString()) << "\n\n";
}

}  // namespace

int main() {
  using enum Chain::Timeouts;
  Show("All are fast.", kOneForAll, 20ms);
  Show("C is slow, and the deadline of 200 ms travels with the call.", kOneForAll, 300ms);
  Show("C is slow, and the user cancels after 100 ms.", kOneForAll, 300ms, 100ms);
  Show("C is slow, and each service has a timeout of 200 ms for itself.", kOneForEach, 300ms);
}
