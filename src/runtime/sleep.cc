#include "rhei/sleep.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "rhei/context_state.h"
#include "runtime/loop.h"

namespace rhei::inline v0 {
namespace {

// Owned by its task; work that is posted keeps it too.
class Sleeper final : public TaskSource<Status>, private ScopeListener, public std::enable_shared_from_this<Sleeper> {
 public:
  explicit Sleeper(Duration duration) : duration_(duration), timer_([this] { Finish({}); }) {}

  static Task<Status> Begin(Duration duration) {
    const auto sleeper = std::make_shared<Sleeper>(duration);
    sleeper->self_ = sleeper;
    return Task<Status>(static_cast<TaskSource<Status>*>(sleeper.get()));
  }

  bool Start(TaskObserver& observer) override {
    loop_ = dynamic_cast<runtime::Loop*>(Executor::Current());
    if (loop_ == nullptr) {
      result_ = Error(StatusCode::kFailedPrecondition, "Sleep works on an event loop's thread only", Origin::kLibrary);
      return true;
    }
    context_ = SharedContext::Current();
    if (CallScope* const scope = Scope(); scope != nullptr && !scope->Attach(*this)) {
      result_ = Cancelled(scope->cause());
      return true;
    }
    observer_ = &observer;
    loop_->Arm(timer_, AddSaturated(loop_->Now(), duration_));
    return false;
  }

  Status Take() override { return std::move(*result_); }
  void Drop() noexcept override { std::exchange(self_, nullptr).reset(); }

 private:
  CallScope* Scope() const { return context_.get() == nullptr ? nullptr : context_.get()->call(); }

  static Error Cancelled(const Error& cause) {
    const StatusCode code =
        cause.code() == StatusCode::kDeadlineExceeded ? StatusCode::kDeadlineExceeded : StatusCode::kCancelled;
    return Error(code, "woken up from its sleep: " + cause.message(), Origin::kLibrary);
  }

  void OnScopeEnd(const Error& cause, bool) override {
    if (loop_->IsCurrent()) return Finish(Cancelled(cause));
    auto finish = [self = shared_from_this(), error = Cancelled(cause)] { self->Finish(error); };
    loop_->Post(std::move(finish));
  }

  // On the loop; the first time counts.
  void Finish(Status result) {
    if (result_) return;
    result_ = std::move(result);
    loop_->Cancel(timer_);
    if (CallScope* const scope = Scope()) scope->Detach(*this);
    context_ = {};
    observer_->OnTaskDone();
  }

  const Duration duration_;
  runtime::Loop* loop_ = nullptr;
  SharedContext context_;
  TaskObserver* observer_ = nullptr;
  std::optional<Status> result_;
  runtime::Timer timer_;
  std::shared_ptr<Sleeper> self_;
};

}  // namespace

Task<Status> Sleep(Duration duration) { return Sleeper::Begin(duration); }

}  // namespace rhei::inline v0
