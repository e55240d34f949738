// A task that nobody awaits never runs.
// GNU: a task that nobody awaits never runs
// Clang: a task that nobody awaits never runs
#include "rhei/task.h"

namespace dropped_task {

rhei::Task<void> Work();

rhei::Task<void> All() {
#ifdef MISUSE
  Work();
#else
  co_await Work();
#endif
}

}  // namespace dropped_task
