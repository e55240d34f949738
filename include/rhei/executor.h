// Executor: where code runs. Implemented by event loops and by the thread pool.
#pragma once

#include "rhei/function.h"

namespace rhei::inline v0 {

class Executor {
 public:
  // Any thread. Runs `work` later, never from inside this call; work posted by one thread runs in its order.
  virtual void Post(UniqueFunction<void()> work) = 0;

  // Whether its work may block. An event loop's may not: it would stop everybody else's.
  virtual bool MayBlock() const { return false; }

  // The executor whose work the calling thread is running, or null on a thread of the user's own.
  static Executor* Current();

  // Marks the calling thread as running an executor's work, for as long as the object lives. For implementers.
  class Scope {
   public:
    explicit Scope(Executor& executor);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Executor* outer_;
  };

 protected:
  ~Executor() = default;
};

}  // namespace rhei::inline v0
