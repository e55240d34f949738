#include "rhei/task.h"

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

void Spawn(Task<void> task) { (new SpawnedTask(std::move(task)))->Run(); }

}  // namespace rhei::inline v0
