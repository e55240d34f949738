#include "runtime/asio/asio_loop.h"

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <exception>
#include <utility>
#include <vector>

#include "runtime/asio/asio_connect.h"
#include "runtime/asio/asio_listener.h"
#include "runtime/asio/asio_stream.h"
#include "runtime/asio/resolver.h"

namespace rhei::inline v0::runtime {
namespace {

// How many lone handlers it takes until a turn looks whether there are more at hand.
constexpr int kTurnsBetweenLooks = 16;

// The same for turns that have posted work to do.
constexpr int kPostedTurnsBetweenLooks = 4;

// How much of what is left behind Await does: not all of it, because callbacks may call again for ever.
constexpr int kMostHandlersAfterAwait = 1000;

// The loop that the calling thread runs.
thread_local const AsioLoop* running_here = nullptr;

TimePoint ReadClock() { return std::chrono::steady_clock::now(); }

class SteadyClock final : public Clock {
 public:
  TimePoint Now() const override { return ReadClock(); }
};

std::uint64_t Seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) ^ device();
}

}  // namespace

// A handler that does nothing once the loop is gone.
template <typename Function>
class AsioLoop::AnchoredHandler {
 public:
  AnchoredHandler(std::shared_ptr<Anchor> anchor, OperationMemory& memory, Function function)
      : anchor_(std::move(anchor)), memory_(&memory), function_(std::move(function)) {}

  using allocator_type = OperationAllocator<void>;
  allocator_type get_allocator() const { return allocator_type(*memory_); }

  void operator()(const asio::error_code& error = {}) {
    if (anchor_->loop == nullptr || error) return;
    HandlerScope scope(*anchor_->loop);
    function_(*anchor_->loop);
  }

 private:
  std::shared_ptr<Anchor> anchor_;
  OperationMemory* memory_;
  Function function_;
};

template <typename Function>
AsioLoop::AnchoredHandler<Function> AsioLoop::Anchored(OperationMemory& memory, Function function) {
  return {anchor_, memory, std::move(function)};
}

// All I/O objects of the context are used on one thread, so the reactor needs no locks for them; the scheduler keeps
// its own, for whoever wakes the loop.
AsioLoop::AsioLoop(AsioLoopOptions options)
    : options_(std::move(options)),
      anchor_(std::make_shared<Anchor>(this)),
      owned_(std::make_unique<asio::io_context>(ASIO_CONCURRENCY_HINT_UNSAFE_IO)),
      context_(*owned_),
      keeps_running_(context_.get_executor()),
      asleep_(false),
      timers_(ReadClock()),
      system_timer_(context_.get_executor()),
      random_(Seed()) {}

AsioLoop::AsioLoop(asio::io_context& context, AsioLoopOptions options)
    : options_(std::move(options)),
      anchor_(std::make_shared<Anchor>(this)),
      context_(context),
      asleep_(true),
      owner_(std::this_thread::get_id()),
      timers_(ReadClock()),
      system_timer_(context_.get_executor()),
      random_(Seed()) {}

AsioLoop::~AsioLoop() {
  while (wakers_.load(std::memory_order_acquire) > 0) std::this_thread::yield();
  DropPosted();
  anchor_->loop = nullptr;
}

void AsioLoop::Run() {
  while (!stop_.load(std::memory_order_acquire)) RunTurn();
}

void AsioLoop::Stop() {
  stop_.store(true, std::memory_order_release);
  Post([] {});
}

void AsioLoop::RunTurn() {
  const AsioLoop* const outer = std::exchange(running_here, this);
  const Executor::Scope executor(*this);
  const std::thread::id here = std::this_thread::get_id();
  if (owner_.load(std::memory_order_relaxed) != here) owner_.store(here, std::memory_order_relaxed);

  RunHandlers();
  posts_.RunBatch();
  EndTurn();
  running_here = outer;
}

void AsioLoop::EndTurn() {
  end_of_turn_.RunAll();
  ForgetNow();
}

// Between the handlers of this loop the io_context runs others, for as long as they like: nothing of a turn is kept.
// And a timer that nothing waits for must not keep the io_context from running out of work.
void AsioLoop::LeaveGuestHandler() {
  in_guest_handler_ = false;
  ForgetNow();
  if (armed_for_ == TimePoint::max() || timers_.size() > 0) return;
  armed_for_ = TimePoint::max();
  system_timer_.cancel();
}

// Nobody else runs a foreign io_context whose thread waits here, so it is run here, with everybody's handlers. What was
// waited for leaves work behind, such as connections that close: perhaps the io_context is never run again, so that is
// done too.
void AsioLoop::Await(const Completion& completion) {
  if (RunsByItself()) {
    caller_.Seen(ReadClock());
    // Once it is set, this loop may go.
    return completion.Wait();
  }
  if (completion.is_set()) return;
  auto work = std::make_optional(asio::make_work_guard(context_));
  bool stopped = false;
  std::vector<std::exception_ptr> thrown;
  int rest = kMostHandlersAfterAwait;
  while (!completion.is_set() || (HasGuestWork() && --rest > 0)) {
    if (context_.stopped()) {
      stopped = true;
      context_.restart();
    }
    try {
      context_.run_one();
    } catch (...) {
      thrown.push_back(std::current_exception());
    }
  }
  // What others' handlers threw, and whether they stopped the io_context, is for its owner's next run.
  for (const std::exception_ptr& each : thrown) {
    asio::post(context_, [each] { std::rethrow_exception(each); });
  }
  work.reset();
  if (stopped) {
    context_.stop();
  } else {
    context_.restart();
  }
}

std::size_t AsioLoop::RunHandlers() {
  std::size_t count = 0;
  if (!end_of_turn_.empty()) {
    count = context_.poll_one();
  } else if (!posts_.empty()) {
    if (--posted_turns_until_look_ > 0) return 0;
    posted_turns_until_look_ = kPostedTurnsBetweenLooks;
    count = context_.poll_one();
  } else {
    count = options_.busy_poll > Duration::zero() ? Spin() : SpinForCaller();
    if (count == 0) count = Sleep();
  }
  if (count == 0) return 0;
  if (!takes_batches_ && --turns_until_look_ > 0) return count;
  turns_until_look_ = kTurnsBetweenLooks;
  const std::size_t rest = RunRestOfBatch();
  takes_batches_ = rest > 0;
  return count + rest;
}

// Asio keeps its handlers at hand in a queue, with its look for new events behind them. What is posted now stands
// behind both, so when it runs, the handlers at hand are done; what the look found is behind it and belongs to the next
// turn.
std::size_t AsioLoop::RunRestOfBatch() {
  bool done = false;
  asio::post(context_, Anchored(anchor_->end_of_turn_memory, [&done](AsioLoop&) { done = true; }));
  std::size_t count = 0;
  while (true) {
    context_.run_one();
    if (done) return count;
    ++count;
  }
}

std::size_t AsioLoop::SpinForCaller() {
  const TimePoint now = ReadClock();
  const Duration patience = caller_.Patience(now);
  if (patience == Duration::zero()) return 0;
  const TimePoint until = now + patience;
  do {
    // The caller, or who is to answer, may need this core.
    std::this_thread::yield();
    const std::size_t count = context_.poll_one();
    if (count > 0 || !posts_.empty()) {
      caller_.Found();
      return count;
    }
  } while (ReadClock() < until);
  caller_.FoundNothing();
  return 0;
}

std::size_t AsioLoop::Spin() {
  const TimePoint until = ReadClock() + options_.busy_poll;
  do {
    if (const std::size_t count = context_.poll_one(); count > 0) return count;
    if (!posts_.empty()) return 0;
  } while (ReadClock() < until);
  return 0;
}

// Who posts puts the work in first and looks at `asleep_` then; here it is the other way round, so one of the two sees
// the other.
std::size_t AsioLoop::Sleep() {
  asleep_.store(true, std::memory_order_seq_cst);
  const std::size_t count = posts_.empty() ? context_.run_one() : 0;
  asleep_.store(false, std::memory_order_relaxed);
  return count;
}

void AsioLoop::Post(UniqueFunction<void()> work) {
  if (owned_ != nullptr && BelongsToThisThread()) {
    posts_.PushFromLoop(std::move(work));
    return;
  }
  if (abandoned_.load(std::memory_order_relaxed)) return;
  bool asleep = false;
  posts_.PushFromAnywhere(std::move(work), [this, &asleep] {
    asleep = asleep_.load(std::memory_order_seq_cst);
    if (asleep) wakers_.fetch_add(1, std::memory_order_relaxed);
  });
  if (!asleep) return;
  Wake();
  wakers_.fetch_sub(1, std::memory_order_release);
}

void AsioLoop::Wake() {
  if (wake_is_posted_.exchange(true, std::memory_order_acq_rel)) return;
  asio::post(context_, Anchored(anchor_->wake_memory, [](AsioLoop& loop) {
               loop.wake_is_posted_.exchange(false, std::memory_order_acq_rel);
               if (loop.owned_ == nullptr) loop.posts_.RunBatch();
             }));
}

bool AsioLoop::BelongsToThisThread() const {
  return owner_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

bool AsioLoop::IsCurrent() const {
  return owned_ != nullptr ? running_here == this : context_.get_executor().running_in_this_thread();
}

void AsioLoop::AtEndOfTurn(EndOfTurnTask& task) {
  end_of_turn_.Add(task);
  if (owned_ != nullptr || std::exchange(end_of_turn_is_posted_, true)) return;
  asio::post(context_, Anchored(anchor_->end_of_turn_memory, [](AsioLoop& loop) {
               loop.end_of_turn_is_posted_ = false;
               loop.EndTurn();
             }));
}

const Clock& AsioLoop::clock() const {
  static constexpr SteadyClock kClock;
  return kClock;
}

TimePoint AsioLoop::ReadNow() const {
  const TimePoint now = ReadClock();
  if (owned_ != nullptr || in_guest_handler_) KeepNow(now);
  return now;
}

void AsioLoop::Arm(Timer& timer, TimePoint when) {
  timers_.Arm(timer, when);
  if (when < armed_for_) ArmSystemTimer(when);
}

void AsioLoop::ArmSystemTimer(TimePoint when) {
  armed_for_ = when;
  system_timer_.expires_at(when);
  system_timer_.async_wait(Anchored(anchor_->timer_memory, [](AsioLoop& loop) { loop.OnSystemTimer(); }));
}

void AsioLoop::OnSystemTimer() {
  const TimePoint now = ReadClock();
  KeepNow(now);
  armed_for_ = TimePoint::min();  // what fires may arm: once, below, is enough
  timers_.FireExpired(now);
  armed_for_ = TimePoint::max();
  if (const std::optional<TimePoint> next = timers_.NextExpiry()) ArmSystemTimer(*next);
}

std::unique_ptr<Operation> AsioLoop::Connect(const Address& address,
                                             UniqueFunction<void(Result<std::unique_ptr<ByteStream>>)> done) {
  return std::make_unique<AsioConnect>(*this, address, std::move(done));
}

Result<std::unique_ptr<Listener>> AsioLoop::Listen(const Address& address,
                                                   UniqueFunction<void(std::unique_ptr<AcceptedStream>)> accepted) {
  return AsioListener::Open(*this, address, std::move(accepted));
}

Result<std::unique_ptr<ByteStream>> AsioLoop::Adopt(std::unique_ptr<AcceptedStream> accepted) {
  auto* const socket = dynamic_cast<AcceptedSocketStream*>(accepted.get());
  if (socket == nullptr) return Error(StatusCode::kInternal, "a connection of another kind of loop was adopted");
  return AsioStream::Open(*this, socket->TakeDescriptor(), socket->peer());
}

std::unique_ptr<Operation> AsioLoop::Resolve(const std::string& host,
                                             UniqueFunction<void(Result<std::vector<Address>>)> done) {
  return std::make_unique<ResolveOperation>(*this, host, std::move(done));
}

void AsioLoop::Log(LogLevel level, std::string_view line) {
  if (options_.logger != nullptr && level >= options_.logger->level()) options_.logger->Write(level, line);
}

}  // namespace rhei::inline v0::runtime
