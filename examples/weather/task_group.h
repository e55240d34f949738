// TaskGroup: tasks that run beside each other and end as one.
#pragma once

#include <functional>
#include <utility>

#include "rhei/rhei.h"

namespace weather {

// The first task that fails decides how all of it ends, and the others are told to stop. To be used, like the
// coroutine that owns it, on one executor; lives until Join has answered.
class TaskGroup {
 public:
  // `stop` makes the tasks end soon that are still under way. Called once, after the first error.
  explicit TaskGroup(std::function<void()> stop) : stop_(std::move(stop)) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Runs it until it first waits for something.
  void Start(rhei::Task<rhei::Status> task) {
    ++running_;
    rhei::Spawn(Run(std::move(task)));
  }

  // When all have ended: OK, or the first error.
  rhei::Task<rhei::Status> Join() {
    if (--running_ > 0) co_return co_await all_ended_.task();
    co_return status_;
  }

 private:
  rhei::Task<void> Run(rhei::Task<rhei::Status> task) {
    const rhei::Status status = co_await std::move(task);
    if (!status.ok() && status_.ok()) {
      status_ = status;
      stop_();
    }
    if (--running_ == 0) all_ended_.Set(status_);
  }

  const std::function<void()> stop_;
  rhei::Status status_;
  int running_ = 1;  // Join counts as one, so that nothing ends before it
  rhei::Promise<void> all_ended_;
};

}  // namespace weather
