// SharedWriter: a Writer that several coroutines write to.
#pragma once

#include <deque>
#include <utility>

#include "rhei/rhei.h"
#include "rhei/stream.h"

namespace weather {

// A Writer has one write in flight at once. Here the others wait, and have their turn in the order in which they came.
// For coroutines of one executor.
template <typename T>
class SharedWriter {
 public:
  explicit SharedWriter(rhei::Writer<T>& writer) : writer_(writer) {}
  SharedWriter(const SharedWriter&) = delete;
  SharedWriter& operator=(const SharedWriter&) = delete;

  // False: the call is over.
  rhei::Task<bool> Write(const T& message) {
    if (std::exchange(writing_, true)) {
      const rhei::Status turn = co_await waiting_.emplace_back().task();
      if (!turn.ok()) co_return false;
    }
    const bool sent = co_await writer_.Write(message);
    if (waiting_.empty()) {
      writing_ = false;
    } else {
      rhei::Promise<void> next = std::move(waiting_.front());
      waiting_.pop_front();
      next.Set(rhei::Status());
    }
    co_return sent;
  }

 private:
  rhei::Writer<T>& writer_;
  bool writing_ = false;
  std::deque<rhei::Promise<void>> waiting_;
};

}  // namespace weather
