// A task is awaited once, and gone then, which the caller has to say.
// GNU: write co_await std::move\(task\)
// Clang: write co_await std::move\(task\)
#include <utility>

#include "rhei/task.h"

namespace awaited_lvalue {

rhei::Task<int> Await(rhei::Task<int> task) {
#ifdef MISUSE
  co_return co_await task;
#else
  co_return co_await std::move(task);
#endif
}

}  // namespace awaited_lvalue
