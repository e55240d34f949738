// The real event loop: sockets, clock and threads, by standalone Asio.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include "rhei/log.h"
#include "rhei/pooled.h"
#include "runtime/asio/blocked_caller.h"
#include "runtime/asio/descriptor_closer.h"
#include "runtime/asio/operation_memory.h"
#include "runtime/asio/post_queue.h"
#include "runtime/end_of_turn.h"
#include "runtime/loop.h"
#include "runtime/posix/process_memory.h"

namespace rhei::inline v0::runtime {

struct AsioLoopOptions {
  // How long to look for work before sleeping. A loop over somebody else's io_context does not look at it.
  Duration busy_poll{};
  // Hears of listeners that shed connections; may be null.
  std::shared_ptr<Logger> logger = nullptr;
  // The name servers to ask, as "192.0.2.1:53,[2001:db8::1]:53". Empty: those of the system.
  std::string name_servers = {};
};

// Either owns its io_context and runs it in turns (Run, on one thread for the loop's whole life), or lives on one that
// somebody else runs on one thread at a time. Destroyed when it does not run, and after the streams, listeners and
// operations that it made; posted work that it holds by then is destroyed unrun.
//
// A turn: the handlers that Asio has at hand, then posted work, then the end-of-turn tasks. Asio does not tell when its
// handlers at hand are done, and to find out costs a system call, so a turn takes a single handler for as long as
// handlers come alone: now and then it looks whether there are more, and while there are, it takes them all.
class AsioLoop final : public Loop {
 public:
  explicit AsioLoop(AsioLoopOptions options = {});
  // Over an io_context that outlives the loop and that nobody but the calling thread ever runs; see rhei/asio.h. Each
  // end of turn is a handler that is posted to it. The loop counts as work of the io_context only while something
  // waits.
  AsioLoop(asio::io_context& context, AsioLoopOptions options);
  ~AsioLoop() override;

  // Runs turns until Stop is called. Not for a loop over somebody else's io_context, neither is RunTurn.
  void Run();
  // One turn: blocks until there is something to do.
  void RunTurn();
  // Any thread. Makes Run return at the end of its turn.
  void Stop();
  // Destroys what is posted and has not run; while the loop does not run.
  void DropPosted() { posts_.Clear(); }
  // The same, and from now on for whatever is posted: its io_context is going, and will never run again.
  void Abandon() {
    abandoned_.store(true, std::memory_order_relaxed);
    DropPosted();
  }

  const Clock& clock() const override;
  void Post(UniqueFunction<void()> work) override;
  bool IsCurrent() const override;
  void Await(const Completion& completion) override;
  bool RunsByItself() const override { return owned_ != nullptr || !BelongsToThisThread(); }
  void AtEndOfTurn(EndOfTurnTask& task) override;
  void Arm(Timer& timer, TimePoint when) override;
  void Cancel(Timer& timer) override { timers_.Cancel(timer); }
  std::unique_ptr<Operation> Connect(const Address& address,
                                     UniqueFunction<void(Result<std::unique_ptr<ByteStream>>)> done) override;
  Result<std::unique_ptr<Listener>> Listen(const Address& address,
                                           UniqueFunction<void(std::unique_ptr<AcceptedStream>)> accepted) override;
  Result<std::unique_ptr<ByteStream>> Adopt(std::unique_ptr<AcceptedStream> accepted) override;
  std::unique_ptr<Operation> Resolve(const std::string& host,
                                     UniqueFunction<void(Result<std::vector<Address>>)> done) override;
  std::uint64_t Random() override { return random_(); }
  std::size_t MemoryUsed() const override { return memory_.Used(); }
  std::size_t MemoryLimit() const override { return posix::MemoryLimit(); }
  void ReleaseFreedMemory() override {
    TrimPooled();
    posix::ReleaseFreedMemory();
  }

  // For what stands on this loop's io_context. Every handler that Asio calls holds a HandlerScope while it runs.
  class HandlerScope {
   public:
    explicit HandlerScope(AsioLoop& loop) : loop_(loop), executor_(loop) {
      if (loop.owned_ != nullptr) {
        loop.asleep_.store(false, std::memory_order_relaxed);
      } else {
        loop.in_guest_handler_ = true;
      }
    }
    ~HandlerScope() {
      if (loop_.owned_ == nullptr) loop_.LeaveGuestHandler();
    }
    HandlerScope(const HandlerScope&) = delete;
    HandlerScope& operator=(const HandlerScope&) = delete;

   private:
    AsioLoop& loop_;
    const Executor::Scope executor_;
  };
  asio::io_context& context() { return context_; }
  const AsioLoopOptions& options() const { return options_; }
  DescriptorCloser& closer() { return closer_; }
  void Log(LogLevel level, std::string_view line);

 private:
  // What handlers in Asio's queues hold on to: they may be there still when the loop is gone.
  struct Anchor {
    explicit Anchor(AsioLoop* owner) : loop(owner) {}
    AsioLoop* loop;  // null once it is gone
    OperationMemory wake_memory, end_of_turn_memory, timer_memory;
  };
  template <typename Function>
  class AnchoredHandler;
  template <typename Function>
  AnchoredHandler<Function> Anchored(OperationMemory& memory, Function function);

  TimePoint ReadNow() const override;
  bool BelongsToThisThread() const;
  void Wake();
  void EndTurn();
  void LeaveGuestHandler();
  bool HasGuestWork() const { return !posts_.empty() || end_of_turn_is_posted_; }
  std::size_t RunHandlers();
  std::size_t RunRestOfBatch();
  std::size_t Spin();
  std::size_t SpinForCaller();
  std::size_t Sleep();
  void ArmSystemTimer(TimePoint when);
  void OnSystemTimer();

  const AsioLoopOptions options_;
  // Outlives the io_context that is owned, as the memory of its handlers lies there.
  const std::shared_ptr<Anchor> anchor_;
  const std::unique_ptr<asio::io_context> owned_;
  asio::io_context& context_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> keeps_running_;

  PostQueue posts_;
  std::atomic<bool> asleep_;                 // whether who posts must wake the loop; always for a foreign io_context
  std::atomic<int> wakers_{0};               // posters on their way out of Post; the loop does not go before they are
  std::atomic<bool> wake_is_posted_{false};  // guards wake_memory
  std::atomic<bool> stop_{false};
  // The thread that ran it last; with a foreign io_context the one that made the loop.
  std::atomic<std::thread::id> owner_{};
  EndOfTurnQueue end_of_turn_;
  bool end_of_turn_is_posted_ = false;  // with a foreign io_context, as what follows
  bool in_guest_handler_ = false;
  std::atomic<bool> abandoned_{false};

  BlockedCaller caller_;
  DescriptorCloser closer_{*this};

  bool takes_batches_ = false;
  int turns_until_look_ = 1;
  int posted_turns_until_look_ = 1;

  TimerQueue timers_;
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                             asio::io_context::executor_type>
      system_timer_;
  TimePoint armed_for_ = TimePoint::max();  // what system_timer_ waits for
  std::mt19937_64 random_;
  const posix::ProcessMemory memory_;
};

}  // namespace rhei::inline v0::runtime
