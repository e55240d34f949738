// The event loop as everything above runtime sees it: real sockets and time, or simulated ones, behind one interface.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/block_pool.h"
#include "rhei/executor.h"
#include "rhei/function.h"
#include "rhei/result.h"
#include "rhei/time.h"
#include "runtime/address.h"
#include "runtime/byte_stream.h"
#include "runtime/loop_lag.h"
#include "runtime/memory_watch.h"
#include "runtime/timer_queue.h"

namespace rhei::inline v0::runtime {

// Work to be done when the loop has handled what is at hand: how a connection sends in one write what a whole turn
// made it owe. Embedded in its owner; its destructor withdraws it.
class EndOfTurnTask {
 public:
  // With room for what captures little more than the task's owner.
  using Function = UniqueFunction<void(), 16>;
  explicit EndOfTurnTask(Function work) : run(std::move(work)) {}
  ~EndOfTurnTask();
  EndOfTurnTask(const EndOfTurnTask&) = delete;
  EndOfTurnTask& operator=(const EndOfTurnTask&) = delete;

  Function run;

  // Intrusive list of the loop's.
  EndOfTurnTask* previous = nullptr;
  EndOfTurnTask* next = nullptr;
};

// Set once, by any thread, and waited for by Loop::Await.
class Completion {
 public:
  void Set() {
    set_.store(1, std::memory_order_release);
    set_.notify_all();
  }
  bool is_set() const { return set_.load(std::memory_order_acquire) != 0; }
  void Wait() const { set_.wait(0, std::memory_order_acquire); }

 private:
  std::atomic<std::uint32_t> set_{0};
};

// A connection that a listener accepted and that has no loop yet. Dropping it closes it.
class AcceptedStream {
 public:
  virtual ~AcceptedStream() = default;
};

// A listening socket. Destroying it (on its loop) ends listening; a Unix path that it made is removed.
class Listener {
 public:
  virtual ~Listener() = default;
  // With the real port where port 0 was asked for.
  virtual const Address& address() const = 0;
  // `shed` is called on the loop for each connection that was closed at once, because the process had no descriptor
  // left for it.
  virtual void OnShed(UniqueFunction<void()> shed) = 0;
};

// An operation that is under way; destroying it (on its loop) cancels it, and its callback is not called.
class Operation {
 public:
  virtual ~Operation() = default;
};

// One thread's worth of work. All members are for the loop's own thread but those marked "any thread".
// Whoever runs it marks its thread by Executor::Scope, so Executor::Current() is the loop while its work runs.
class Loop : public Executor {
 public:
  virtual ~Loop() = default;

  // The time at the begin of this turn. Cheap.
  TimePoint Now() const { return now_ ? *now_ : ReadNow(); }

  // Any thread. The clock itself, which goes on during a turn. Lives as long as the process, or as the simulated world.
  virtual const Clock& clock() const = 0;

  // Any thread. As Executor says; a loop that is being destroyed destroys the work unrun.
  void Post(UniqueFunction<void()> work) override = 0;

  // Any thread. Whether the calling thread is running this loop now.
  virtual bool IsCurrent() const = 0;

  // Any thread but a loop's. Blocks until `completion` is set. On a simulated loop it runs the world until then.
  virtual void Await(const Completion& completion) = 0;

  // Any thread. Whether it goes on while the calling thread does something else; false where only Await makes it go on.
  virtual bool RunsByItself() const = 0;

  // Any thread. Whether the calling thread may Await: not one that runs this loop, or other work that must not block.
  bool MayAwait() const {
    const Executor* const current = Executor::Current();
    return (current == nullptr || current->MayBlock()) && !IsCurrent();
  }

  // Runs task.run at the end of this turn, once however often it was asked for.
  virtual void AtEndOfTurn(EndOfTurnTask& task) = 0;

  virtual void Arm(Timer& timer, TimePoint when) = 0;
  virtual void Cancel(Timer& timer) = 0;

  // Connects to one address. `done` is called on the loop, never from inside this call. The error is UNAVAILABLE and
  // names address and cause ("connect to 127.0.0.1:1: Connection refused").
  virtual std::unique_ptr<Operation> Connect(const Address& address,
                                             UniqueFunction<void(Result<std::unique_ptr<ByteStream>>)> done) = 0;

  // Listens; `accepted` is called on the loop for each connection. The error names address and cause ("listen on
  // 0.0.0.0:80: Permission denied"). Running out of descriptors sheds new connections and recovers by itself.
  virtual Result<std::unique_ptr<Listener>> Listen(const Address& address,
                                                   UniqueFunction<void(std::unique_ptr<AcceptedStream>)> accepted) = 0;

  // Makes a connection that any loop of the same kind accepted this loop's own.
  virtual Result<std::unique_ptr<ByteStream>> Adopt(std::unique_ptr<AcceptedStream> accepted) = 0;

  // Looks up the addresses of a host name, IPv4 and IPv6, in the order to try them (RFC 6724). `done` is called on the
  // loop.
  virtual std::unique_ptr<Operation> Resolve(const std::string& host,
                                             UniqueFunction<void(Result<std::vector<Address>>)> done) = 0;

  // A pseudo-random number; under simulation it follows from the seed.
  virtual std::uint64_t Random() = 0;

  // How long what becomes ready waits until the loop gets to it; an estimate, made while it is asked for.
  Duration Lag() { return lag_.Get(); }

  // What memory of its own the process has, in bytes, and what it may have; both are looked up now.
  virtual std::size_t MemoryUsed() const = 0;
  virtual std::size_t MemoryLimit() const = 0;
  // Gives back to the system what was freed.
  virtual void ReleaseFreedMemory() = 0;
  // How near the end of its memory the process is; see MemoryWatch. Cheap.
  MemoryLevel Memory(std::size_t limit) { return memory_.Get(limit); }
  // See MemoryWatch::Freed.
  void NoteFreed(std::size_t bytes) { memory_.Freed(bytes); }

  // The number of a batch of input that one of its connections begins to handle, by which that sees how many batches
  // others had since its last one.
  std::uint64_t NumberBatch() { return ++batches_; }

  // Memory to read into, shared by all streams of the loop: its content is gone when the reader returns to the loop.
  std::span<char> scratch() { return {scratch_.get(), kScratchSize}; }
  BlockPool& blocks() { return blocks_; }

 protected:
  // The time, which may be kept for the rest of the turn.
  virtual TimePoint ReadNow() const = 0;
  void KeepNow(TimePoint now) const { now_ = now; }
  void ForgetNow() { now_.reset(); }

 private:
  static constexpr std::size_t kScratchSize = 256 * 1024;
  mutable std::optional<TimePoint> now_;  // of this turn, once somebody asked
  std::uint64_t batches_ = 0;
  LoopLag lag_{*this};
  MemoryWatch memory_{*this};
  BlockPool blocks_;
  std::unique_ptr<char[]> scratch_{new char[kScratchSize]};
};

}  // namespace rhei::inline v0::runtime
