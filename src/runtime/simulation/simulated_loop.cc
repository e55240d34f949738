#include "runtime/simulation/simulated_loop.h"

#include <utility>

#include "runtime/simulation/simulated_connect.h"
#include "runtime/simulation/simulated_listener.h"
#include "runtime/simulation/simulated_resolve.h"
#include "runtime/simulation/simulated_stream.h"
#include "runtime/simulation/world_state.h"

namespace rhei::inline v0::runtime {
namespace {

// A turn handles up to 1, 2, 4, ... 64 things, so that a seed sees small batches and large ones.
constexpr std::uint64_t kTurnSizes = 7;

}  // namespace

void LoopEvent::Schedule() {
  if (scheduled()) return;
  index_ = loop_->events_.size();
  loop_->events_.push_back(this);
  loop_->world_->scheduler.MakeReady(*loop_);
}

void LoopEvent::Withdraw() {
  if (!scheduled()) return;
  LoopEvent* const last = loop_->events_.back();
  loop_->events_[index_] = last;
  last->index_ = index_;
  loop_->events_.pop_back();
  index_ = kNotScheduled;
}

SimulatedLoop::SimulatedLoop(std::shared_ptr<WorldState> world, std::size_t index, std::size_t host, std::uint64_t seed)
    : world_(std::move(world)), index_(index), host_(host), random_(seed), timers_(world_->options.start) {
  world_->scheduler.Add(*this);
}

SimulatedLoop::~SimulatedLoop() {
  DiscardWork();
  world_->scheduler.Remove(*this);
  while (!events_.empty()) events_.back()->Withdraw();
}

TimePoint SimulatedLoop::ReadNow() const { return world_->scheduler.Now(); }

const Clock& SimulatedLoop::clock() const { return world_->scheduler; }

void SimulatedLoop::Post(UniqueFunction<void()> work) {
  Scheduler& scheduler = world_->scheduler;
  if (!scheduler.IsDriver()) return scheduler.PostFromOutside(this, std::move(work));
  const SimulatedLoop* const running = scheduler.running();
  Accept(running == nullptr ? kOutside : running->index_ + 1, std::move(work));
}

bool SimulatedLoop::IsCurrent() const { return world_->scheduler.IsDriver() && world_->scheduler.running() == this; }

void SimulatedLoop::Await(const Completion& completion) {
  std::string why;
  if (RunWorld(
          *world_, [&completion] { return completion.is_set(); }, why))
    return;
  world_->on_deadlock("a simulated world waits for ever: " + why);
}

void SimulatedLoop::AtEndOfTurn(EndOfTurnTask& task) {
  end_of_turn_.Add(task);
  if (world_->scheduler.running() != this) world_->scheduler.MakeReady(*this);
}

void SimulatedLoop::Arm(Timer& timer, TimePoint when) {
  timers_.Arm(timer, when);
  if (when <= Now()) world_->scheduler.MakeReady(*this);
}

void SimulatedLoop::Cancel(Timer& timer) { timers_.Cancel(timer); }

void SimulatedLoop::RunOnPool(UniqueFunction<void()> work) { world_->scheduler.PostToPool(std::move(work)); }

std::unique_ptr<Operation> SimulatedLoop::Connect(const Address& address,
                                                  UniqueFunction<void(Result<std::unique_ptr<ByteStream>>)> done) {
  return std::make_unique<SimulatedConnect>(*this, address, std::move(done));
}

Result<std::unique_ptr<Listener>> SimulatedLoop::Listen(
    const Address& address, UniqueFunction<void(std::unique_ptr<AcceptedStream>)> accepted) {
  return SimulatedListener::Open(*this, address, std::move(accepted));
}

Result<std::unique_ptr<ByteStream>> SimulatedLoop::Adopt(std::unique_ptr<AcceptedStream> accepted) {
  auto* const stream = dynamic_cast<SimulatedAcceptedStream*>(accepted.get());
  if (stream == nullptr) return Error(StatusCode::kInternal, "a connection of another kind of loop was adopted");
  return std::unique_ptr<ByteStream>(std::make_unique<SimulatedStream>(*this, stream->TakeEnd()));
}

std::unique_ptr<Operation> SimulatedLoop::Resolve(const std::string& host,
                                                  UniqueFunction<void(Result<std::vector<Address>>)> done) {
  return std::make_unique<SimulatedResolve>(*this, host, std::move(done));
}

void SimulatedLoop::Accept(std::size_t source, Work work) {
  if (source >= posted_.size()) posted_.resize(source + 1);
  if (posted_[source].empty()) posting_.push_back(source);
  posted_[source].push_back(std::move(work));
  world_->scheduler.MakeReady(*this);
}

bool SimulatedLoop::HasDueTimer() const {
  const auto next = timers_.NextExpiry();
  return next.has_value() && *next <= Now();
}

bool SimulatedLoop::HasWork() const {
  return !posting_.empty() || !events_.empty() || !end_of_turn_.empty() || HasDueTimer();
}

void SimulatedLoop::RunTurn() {
  const Executor::Scope scope(*this);
  RandomSource& random = world_->scheduler.random();
  bool timers_are_due = HasDueTimer();
  for (std::uint64_t left = std::uint64_t{1} << random.Below(kTurnSizes); left > 0; --left) {
    const std::size_t choices = posting_.size() + events_.size() + (timers_are_due ? 1 : 0);
    if (choices == 0) break;
    const auto choice = choices == 1 ? 0 : static_cast<std::size_t>(random.Below(choices));
    world_->scheduler.Record(index_ * 1000 + choice);
    if (choice < posting_.size()) {
      RunPosted(choice);
    } else if (choice < posting_.size() + events_.size()) {
      RunEvent(choice - posting_.size());
    } else {
      timers_are_due = false;
      timers_.FireExpired(Now());
    }
  }
  end_of_turn_.RunAll();
}

void SimulatedLoop::RunPosted(std::size_t choice) {
  std::deque<Work>& queue = posted_[posting_[choice]];
  Work work = std::move(queue.front());
  queue.pop_front();
  if (queue.empty()) {
    posting_[choice] = posting_.back();
    posting_.pop_back();
  }
  work();
}

void SimulatedLoop::RunEvent(std::size_t choice) {
  LoopEvent* const event = events_[choice];
  event->Withdraw();
  event->Happen();
}

std::string SimulatedLoop::Describe() const {
  std::size_t posted = 0;
  for (const std::size_t source : posting_) posted += posted_[source].size();
  if (posted + events_.size() + timers_.size() == 0) return {};
  std::string text = "  loop " + std::to_string(index_) + ": " + std::to_string(posted) + " posted, " +
                     std::to_string(events_.size()) + " events, " + std::to_string(timers_.size()) + " timers";
  if (const auto next = timers_.NextExpiry()) {
    text += ", the next in " + std::to_string((*next - Now()).count()) + " ns";
  }
  return text + "\n";
}

bool SimulatedLoop::DiscardWork() {
  bool found = false;
  while (!posting_.empty()) {
    found = true;
    std::vector<std::deque<Work>> discarded;
    discarded.swap(posted_);
    posting_.clear();
  }
  return found;
}

}  // namespace rhei::inline v0::runtime
