// Visit: checks what a handler is told of its call, from its begin to its end.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "rhei/rhei.h"
#include "testing/simulated_world.h"

namespace rhei::inline v0::testing {

// The handlers that a server has under way.
struct Handlers {
  Handlers(const SimulatedWorld& its_world, RunOn runs_on) : world(its_world), run_on(runs_on) {}

  const SimulatedWorld& world;
  RunOn run_on;
  std::size_t limit = 0;  // of those that one connection may have at once
  int running = 0;
  std::map<std::string, std::size_t> by_connection;
  // When the client was told how its call ended, by the call's request; and how long it may take after that until the
  // handler knows, if it still runs.
  std::map<std::string, TimePoint> given_up;
  Duration patience = Duration::max();
};

// Lives in a handler's coroutine.
class Visit {
 public:
  Visit(Handlers& handlers, ServerContext& context, const std::string& request)
      : handlers_(handlers),
        context_(context),
        request_(request),
        of_connection_(handlers.by_connection[std::string(context.peer())]) {
    ++handlers_.running;
    ++of_connection_;
    EXPECT_LE(of_connection_, handlers_.limit) << "a slot was free before its handler had ended";
    // May outlive the handler that runs in the pool: until its answer has reached the loop.
    context_.OnCancel([told = told_] { ++*told; });
    listener_ = context_.context().OnCancel([this] {
      EXPECT_TRUE(context_.IsCancelled());
      EXPECT_EQ(*told_, 1);
      ++listened_;
    });
  }
  ~Visit() {
    *end_ = handlers_.world.Now();
    --handlers_.running;
    --of_connection_;
    EXPECT_EQ(*told_, context_.IsCancelled() ? 1 : 0);
    EXPECT_EQ(listened_, *told_);
    EXPECT_EQ(context_.CancellationCause().has_value(), context_.IsCancelled());
    if (const auto cause = context_.CancellationCause()) {
      EXPECT_TRUE(cause->code() == StatusCode::kCancelled || cause->code() == StatusCode::kDeadlineExceeded ||
                  cause->code() == StatusCode::kUnavailable)
          << cause->ToString();
      EXPECT_FALSE(cause->message().empty());
    }
    if (context_.Deadline() && *context_.Deadline() < handlers_.world.Now()) {
      EXPECT_TRUE(context_.IsCancelled()) << "a handler was left to work after its deadline";
    }
    if (const auto given_up = handlers_.given_up.find(request_); given_up != handlers_.given_up.end()) {
      EXPECT_TRUE(context_.IsCancelled() || *end_ - given_up->second <= handlers_.patience)
          << "a handler was left to work for nobody";
    }
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  // When the handler ended; kNoDeadline until then.
  std::shared_ptr<const TimePoint> end() const { return end_; }

  // What `Sleep` said to the handler.
  void CheckSlept(const Status& slept) const {
    if (slept.ok() || (slept.code() == StatusCode::kFailedPrecondition && handlers_.run_on == RunOn::kPool)) return;
    EXPECT_TRUE(context_.IsCancelled());
    const bool late = context_.CancellationCause()->code() == StatusCode::kDeadlineExceeded;
    EXPECT_EQ(slept.code(), late ? StatusCode::kDeadlineExceeded : StatusCode::kCancelled) << slept.error().ToString();
  }

 private:
  Handlers& handlers_;
  ServerContext& context_;
  const std::string request_;
  std::size_t& of_connection_;
  const std::shared_ptr<TimePoint> end_ = std::make_shared<TimePoint>(kNoDeadline);
  const std::shared_ptr<int> told_ = std::make_shared<int>(0);
  int listened_ = 0;
  Context::Listener listener_;
};

}  // namespace rhei::inline v0::testing
