// What a loop keeps of the work that is to be done at the end of its turn.
#pragma once

#include "runtime/loop.h"

namespace rhei::inline v0::runtime {

// Not thread-safe; for every kind of loop. A task that is destroyed leaves by itself, and tasks may outlive the queue.
class EndOfTurnQueue {
 public:
  EndOfTurnQueue();
  ~EndOfTurnQueue();
  EndOfTurnQueue(const EndOfTurnQueue&) = delete;
  EndOfTurnQueue& operator=(const EndOfTurnQueue&) = delete;

  // Does nothing when the task is in a queue already.
  void Add(EndOfTurnTask& task);

  // Runs, in the order of asking, what is there now. Tasks may destroy themselves and each other; what they add waits
  // for the next call.
  void RunAll();

  bool empty() const { return tasks_.next == &tasks_; }

 private:
  EndOfTurnTask tasks_;  // the ring's head, never run
};

}  // namespace rhei::inline v0::runtime
