#include "rhei/runtime.h"

#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "rhei/context_state.h"
#include "runtime/asio/asio_loop.h"
#include "runtime/loop.h"
#include "runtime/posix/thread.h"
#include "runtime/thread_pool.h"

namespace rhei::inline v0 {
namespace {

// What the calling thread runs, when it is a loop's thread of some Runtime.
struct RunningLoop {
  const void* runtime = nullptr;
  runtime::Loop* loop = nullptr;
  std::size_t index = 0;
};
thread_local RunningLoop running_here;

}  // namespace

RuntimeOptions& RuntimeOptions::Loops(std::size_t count) {
  loops_ = count;
  return *this;
}

RuntimeOptions& RuntimeOptions::BusyPoll(Duration duration) {
  busy_poll_ = duration;
  return *this;
}

RuntimeOptions& RuntimeOptions::PoolThreads(std::size_t count) {
  pool_threads_ = count;
  return *this;
}

RuntimeOptions& RuntimeOptions::Log(std::shared_ptr<Logger> logger) {
  logger_ = std::move(logger);
  return *this;
}

class Runtime::State {
 public:
  explicit State(RuntimeOptions options)
      : logger_(options.logger() != nullptr ? options.logger() : StderrLogger()),
        busy_poll_(options.busy_poll()),
        slots_(options.loops() != 0 ? options.loops() : runtime::posix::UsableCpus()),
        pool_(options.pool_threads()) {}

  State(std::vector<std::shared_ptr<runtime::Loop>> loops, std::shared_ptr<Logger> logger,
        UniqueFunction<void(UniqueFunction<void()>)> pool)
      : logger_(logger != nullptr ? std::move(logger) : StderrLogger()),
        foreign_(std::move(loops)),
        foreign_pool_(std::move(pool)),
        pool_(RuntimeOptions().pool_threads()) {}

  ~State();

  std::size_t loop_count() const { return foreign_.empty() ? slots_.size() : foreign_.size(); }
  runtime::Loop& loop(std::size_t index);
  runtime::Loop* current_loop();
  std::size_t IndexOf(const runtime::Loop& loop) const;
  bool RunsThisThread() const { return running_here.runtime == this || pool_.IsCurrent(); }

  void RunOnPool(UniqueFunction<void()> work) {
    if (foreign_pool_) return foreign_pool_(std::move(work));
    pool_.Run(std::move(work));
  }
  Logger& logger() { return *logger_; }

 private:
  // A loop and its thread are made when the loop is first asked for, so that who uses one loop pays for one.
  struct Slot {
    std::once_flag started;
    std::unique_ptr<runtime::AsioLoop> loop;
    std::atomic<const runtime::Loop*> identity{nullptr};  // `loop`, for threads that did not ask for it
    std::thread thread;
  };
  void Start(std::size_t index);
  void RunThread(std::size_t index);

  const std::shared_ptr<Logger> logger_;
  const Duration busy_poll_{};
  std::vector<Slot> slots_;
  const std::vector<std::shared_ptr<runtime::Loop>> foreign_;
  UniqueFunction<void(UniqueFunction<void()>)> foreign_pool_;
  runtime::ThreadPool pool_;
};

// The pool goes first, while the loops run: what blocks there may wait for them.
Runtime::State::~State() {
  pool_.Drain();
  for (Slot& slot : slots_) {
    if (slot.loop != nullptr) slot.loop->Stop();
  }
  for (Slot& slot : slots_) {
    if (slot.thread.joinable()) slot.thread.join();
  }
  // Posted work may hold what belongs to another loop, so all of it goes before any loop does.
  for (Slot& slot : slots_) {
    if (slot.loop != nullptr) slot.loop->DropPosted();
  }
}

runtime::Loop& Runtime::State::loop(std::size_t index) {
  if (!foreign_.empty()) return *foreign_[index];
  Slot& slot = slots_[index];
  std::call_once(slot.started, [&] { Start(index); });
  return *slot.loop;
}

void Runtime::State::Start(std::size_t index) {
  Slot& slot = slots_[index];
  slot.loop = std::make_unique<runtime::AsioLoop>(runtime::AsioLoopOptions{busy_poll_, logger_});
  slot.identity.store(slot.loop.get(), std::memory_order_release);
  runtime::posix::SignalsBlocked blocked;
  slot.thread = std::thread([this, index] { RunThread(index); });
}

void Runtime::State::RunThread(std::size_t index) {
  runtime::posix::NameThisThread("rhei-loop-" + std::to_string(index));
  runtime::AsioLoop& loop = *slots_[index].loop;
  running_here = {this, &loop, index};
  loop.Run();
  running_here = {};
}

runtime::Loop* Runtime::State::current_loop() {
  if (running_here.runtime == this) return running_here.loop;
  for (const auto& loop : foreign_) {
    if (loop->IsCurrent()) return loop.get();
  }
  return nullptr;
}

std::size_t Runtime::State::IndexOf(const runtime::Loop& loop) const {
  if (running_here.runtime == this && running_here.loop == &loop) return running_here.index;
  std::size_t index = 0;
  while (index < loop_count()) {
    const runtime::Loop* const here =
        foreign_.empty() ? slots_[index].identity.load(std::memory_order_acquire) : foreign_[index].get();
    if (here == &loop) break;
    ++index;
  }
  return index;
}

Runtime::Runtime(RuntimeOptions options) : state_(std::make_unique<State>(std::move(options))) {}

Runtime::Runtime(std::vector<std::shared_ptr<runtime::Loop>> loops, std::shared_ptr<Logger> logger,
                 UniqueFunction<void(UniqueFunction<void()>)> pool)
    : state_(std::make_unique<State>(std::move(loops), std::move(logger), std::move(pool))) {}

// One of its own threads cannot wait for itself to end, so another one waits for all of them.
Runtime::~Runtime() {
  if (!state_->RunsThisThread()) return;
  std::thread([state = std::move(state_)]() mutable { state.reset(); }).detach();
}

const std::shared_ptr<Runtime>& Runtime::Default() {
  static const std::shared_ptr<Runtime> runtime = std::make_shared<Runtime>();
  return runtime;
}

std::size_t Runtime::loop_count() const { return state_->loop_count(); }
runtime::Loop& Runtime::loop(std::size_t index) { return state_->loop(index); }
runtime::Loop* Runtime::current_loop() { return state_->current_loop(); }
std::size_t Runtime::IndexOf(const runtime::Loop& loop) const { return state_->IndexOf(loop); }
void Runtime::RunOnPool(UniqueFunction<void()> work) {
  SharedContext context = SharedContext::Current();
  if (context.get() == nullptr) return state_->RunOnPool(std::move(work));
  auto work_in_context = [context = std::move(context), work = std::move(work)]() mutable {
    const InstallContext install(context.get());
    work();
  };
  state_->RunOnPool(std::move(work_in_context));
}
Logger& Runtime::logger() { return state_->logger(); }

}  // namespace rhei::inline v0
