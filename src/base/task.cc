#include "rhei/task.h"

#include <cstdio>
#include <cstdlib>

namespace rhei::inline v0 {
namespace {

// Owns a task until it has finished.
class SpawnedTask final : public TaskObserver, public Pooled {
 public:
  explicit SpawnedTask(Task<void> task) : task_(std::move(task)) {}

  void Run() {
    if (task_.Start(*this)) OnTaskDone();
  }

  void OnTaskDone() noexcept override {
    try {
      task_.Take();
    } catch (...) {
      // There is nobody who could hear of it.
      std::terminate();
    }
    delete this;
  }

 private:
  Task<void> task_;
};

}  // namespace

void coroutine::PromiseBase::EndMiscompiled() noexcept {
  std::fputs(
      "rhei: this compiler (GCC 12) has laid out the frame of a coroutine wrongly: its body declares no variable of "
      "its "
      "own and awaits in the condition of an if or a loop. Declare a variable in it, or await on a line before.\n",
      stderr);
  std::abort();
}

void Spawn(Task<void> task) { (new SpawnedTask(std::move(task)))->Run(); }

}  // namespace rhei::inline v0
