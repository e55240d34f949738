// What GCC 12 does to temporaries inside a co_await expression: it destroys some of them twice (aggregates with members
// that own something, lambdas with such captures). The types of rhei's API have constructors, and these tests hold,
// with AddressSanitizer's help, that they may be written as temporaries there. A lambda is named first, as docs say.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "rhei/function.h"
#include "rhei/metadata.h"
#include "rhei/promise.h"
#include "rhei/result.h"
#include "rhei/task.h"

namespace rhei::inline v0 {
namespace {

// Counts how many of it there are.
class Counted {
 public:
  Counted() { ++alive; }
  explicit Counted(std::string text) : text_(std::move(text)) { ++alive; }
  Counted(const Counted& other) : text_(other.text_) { ++alive; }
  Counted(Counted&& other) noexcept : text_(std::move(other.text_)) { ++alive; }
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&&) noexcept = default;
  ~Counted() { --alive; }

  Counted& Add(std::string_view text) & {
    text_ += text;
    return *this;
  }
  Counted&& Add(std::string_view text) && { return std::move(Add(text)); }
  const std::string& text() const { return text_; }

  static inline int alive = 0;

 private:
  std::string text_;
};

constexpr std::string_view kLong = "a text that is too long to lie inside of a string";

Task<std::string> ByValue(Counted counted) { co_return counted.text(); }
Task<std::string> ByReference(const Counted& counted) { co_return counted.text(); }
Task<std::size_t> Size(Metadata metadata) { co_return metadata.size(); }
Task<std::string> Message(Error error) { co_return error.message(); }
Task<std::string> Text(Result<std::string> result) { co_return *result; }
Task<std::string> Run(UniqueFunction<std::string()> function) { co_return function(); }

Task<std::string> AwaitAll() {
  std::string all;
  all += co_await ByValue(Counted(std::string(kLong)));
  all += co_await ByValue(Counted().Add(kLong).Add("!"));
  all += co_await ByReference(Counted().Add(kLong));
  // Braces of pairs do not even compile in there.
  Metadata metadata{{"key", kLong}, {"other", kLong}};
  all += std::to_string(co_await Size(std::move(metadata)));
  all += co_await Message(Error(StatusCode::kInternal, kLong).WithDetails(kLong));
  all += co_await Text(std::string(kLong));
  auto token = std::make_shared<std::string>(kLong);
  auto named = [token] { return *token; };
  all += co_await Run(std::move(named));
  EXPECT_EQ(token.use_count(), 1);
  co_return all;
}

class Observer final : public TaskObserver {
  void OnTaskDone() noexcept override {}
};

TEST(TaskCompilerTest, TemporariesInsideOfCoAwaitAreDestroyedOnce) {
  Observer observer;
  {
    Task<std::string> task = AwaitAll();
    ASSERT_TRUE(task.Start(observer));
    const std::string text(kLong);
    EXPECT_EQ(task.Take(), text + text + "!" + text + "2" + text + text + text);
  }
  EXPECT_EQ(Counted::alive, 0);
}

Task<std::string> AwaitPending(Promise<int>& promise, Counted counted) {
  const Result<int> number = co_await promise.task();
  co_return counted.text() + std::to_string(*number);
}

Task<std::string> AwaitPendingWithTemporary(Promise<int>& promise) {
  co_return co_await AwaitPending(promise, Counted().Add(kLong));
}

TEST(TaskCompilerTest, TemporariesOutliveASuspension) {
  Observer observer;
  {
    Promise<int> promise;
    Task<std::string> task = AwaitPendingWithTemporary(promise);
    ASSERT_FALSE(task.Start(observer));
    EXPECT_GT(Counted::alive, 0);
    promise.Set(7);
    EXPECT_EQ(task.Take(), std::string(kLong) + "7");
  }
  EXPECT_EQ(Counted::alive, 0);
}

// --- and to coroutines that await in a condition ---------------------------------------------------------------------

Task<bool> Next(int& left) { return left-- > 0; }

// No variable of its own.
Task<void> AwaitInCondition(int& left) {
  while (co_await Next(left)) {
  }
}

Task<void> AwaitInConditionBesideAVariable(int& left, int& count) {
  int counted = 0;
  while (co_await Next(left)) ++counted;
  count = counted;
}

// Where the compiler is at fault, the loop is not passed over in silence.
TEST(TaskCompilerTest, ACoroutineWhoseFrameIsWrongIsNotLeftToRun) {
  const auto run = [] {
    int left = 3;
    Spawn(AwaitInCondition(left));
    std::exit(left == -1 ? 0 : 1);
  };
  const auto fine_or_loud = [](int status) {
    return ::testing::KilledBySignal(SIGABRT)(status) || ::testing::ExitedWithCode(0)(status);
  };
  EXPECT_EXIT(run(), fine_or_loud, "");
}

TEST(TaskCompilerTest, AVariableMakesTheFrameRight) {
  int left = 3;
  int count = 0;
  Spawn(AwaitInConditionBesideAVariable(left, count));
  EXPECT_EQ(count, 3);
}

}  // namespace
}  // namespace rhei::inline v0
