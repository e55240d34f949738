// A loop of a simulated world.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/end_of_turn.h"
#include "runtime/loop.h"
#include "runtime/simulation/loop_event.h"
#include "runtime/simulation/random_source.h"

namespace rhei::inline v0::runtime {

struct WorldState;

// Lives as long as its world or its last owner. In a turn it handles some of what is at hand, drawn by the seed, then
// the tasks of the end of the turn. What comes from one stream, one operation or one posting loop keeps its order.
// While the world stands still, a test may use the loop as if it were on it.
class SimulatedLoop final : public Loop {
 public:
  // `host` is where the loop is, for addresses and partitions.
  SimulatedLoop(std::shared_ptr<WorldState> world, std::size_t index, std::size_t host, std::uint64_t seed);
  ~SimulatedLoop() override;

  const Clock& clock() const override;
  void Post(UniqueFunction<void()> work) override;
  bool IsCurrent() const override;
  // Runs the world; a world that comes to its end before that is a deadlock, see SimulatedWorld::OnDeadlock.
  void Await(const Completion& completion) override;
  bool RunsByItself() const override { return false; }
  void AtEndOfTurn(EndOfTurnTask& task) override;
  void Arm(Timer& timer, TimePoint when) override;
  void Cancel(Timer& timer) override;
  std::unique_ptr<Operation> Connect(const Address& address,
                                     UniqueFunction<void(Result<std::unique_ptr<ByteStream>>)> done) override;
  Result<std::unique_ptr<Listener>> Listen(const Address& address,
                                           UniqueFunction<void(std::unique_ptr<AcceptedStream>)> accepted) override;
  Result<std::unique_ptr<ByteStream>> Adopt(std::unique_ptr<AcceptedStream> accepted) override;
  std::unique_ptr<Operation> Resolve(const std::string& host,
                                     UniqueFunction<void(Result<std::vector<Address>>)> done) override;
  std::uint64_t Random() override { return random_.Next(); }
  std::size_t MemoryUsed() const override { return memory_.used; }
  std::size_t MemoryLimit() const override { return memory_.limit; }
  void ReleaseFreedMemory() override { memory_.used -= std::exchange(memory_.freed, 0); }

  // What its process has, and what of it the heap keeps though it was freed.
  struct MemoryState {
    std::size_t used = 0;
    std::size_t limit = std::size_t{1} << 30;
    std::size_t freed = 0;
  };
  void SetMemory(const MemoryState& memory) { memory_ = memory; }

  // Any thread. Runs work on no loop; see SimulatedWorld::RunOnPool.
  void RunOnPool(UniqueFunction<void()> work);

  std::size_t index() const { return index_; }
  std::size_t host() const { return host_; }
  const std::shared_ptr<WorldState>& world() const { return world_; }

 private:
  TimePoint ReadNow() const override;
  friend class Scheduler;
  friend class LoopEvent;
  static constexpr std::size_t kOutside = 0;  // the queue of what no loop posted

  using Work = UniqueFunction<void()>;

  // Puts work into the queue of who posted it: kOutside, or a loop's index + 1.
  void Accept(std::size_t source, Work work);
  bool HasWork() const;
  bool HasDueTimer() const;
  void RunTurn();
  void RunPosted(std::size_t choice);
  void RunEvent(std::size_t choice);
  std::string Describe() const;
  // Tells whether there was any.
  bool DiscardWork();

  const std::shared_ptr<WorldState> world_;
  const std::size_t index_;
  const std::size_t host_;
  RandomSource random_;
  MemoryState memory_;
  TimerQueue timers_;
  bool ready_ = false;  // whether the scheduler has it in its list
  std::vector<std::deque<Work>> posted_;
  std::vector<std::size_t> posting_;  // the indexes of those that are not empty
  std::vector<LoopEvent*> events_;
  EndOfTurnQueue end_of_turn_;
};

}  // namespace rhei::inline v0::runtime
