// Something that may happen on a simulated loop: a stream is readable, a connect is done.
#pragma once

#include <cstddef>

namespace rhei::inline v0::runtime {

class SimulatedLoop;

// Embedded in its owner, like a timer: scheduling allocates nothing, and its destructor withdraws it.
class LoopEvent {
 public:
  explicit LoopEvent(SimulatedLoop& loop) : loop_(&loop) {}
  LoopEvent(const LoopEvent&) = delete;
  LoopEvent& operator=(const LoopEvent&) = delete;

  // Has Happen called once in a turn of the loop that is still to come. Twice is once.
  void Schedule();
  void Withdraw();
  bool scheduled() const { return index_ != kNotScheduled; }
  SimulatedLoop& loop() const { return *loop_; }

 protected:
  virtual ~LoopEvent() { Withdraw(); }

 private:
  friend class SimulatedLoop;
  static constexpr std::size_t kNotScheduled = static_cast<std::size_t>(-1);

  // May destroy the event.
  virtual void Happen() = 0;

  SimulatedLoop* loop_;
  std::size_t index_ = kNotScheduled;  // in the loop's list
};

}  // namespace rhei::inline v0::runtime
