// LimitAdaptively: an interceptor that refuses calls which a server is too busy for.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "rhei/interceptor.h"
#include "rhei/time.h"

namespace rhei::inline v0 {

// How the limit is found. Fluent. The defaults suit handlers that take from some 50 us to some seconds.
class AdaptiveLimitOptions {
 public:
  AdaptiveLimitOptions() {}

  // The limit begins here, doubles with each tenth of a second in which it is reached and calls do not get slower,
  // until they first do; and stays within these. Default: 32, 8, 1000. At least one; a minimum counts before a maximum.
  AdaptiveLimitOptions& Initial(std::size_t calls) & {
    initial_ = calls;
    return *this;
  }
  AdaptiveLimitOptions&& Initial(std::size_t calls) && { return std::move(Initial(calls)); }
  AdaptiveLimitOptions& Minimum(std::size_t calls) & {
    minimum_ = calls == 0 ? 1 : calls;
    return *this;
  }
  AdaptiveLimitOptions&& Minimum(std::size_t calls) && { return std::move(Minimum(calls)); }
  AdaptiveLimitOptions& Maximum(std::size_t calls) & {
    maximum_ = calls == 0 ? 1 : calls;
    return *this;
  }
  AdaptiveLimitOptions&& Maximum(std::size_t calls) && { return std::move(Maximum(calls)); }

  // What counts as overload: calls that take, on the average of a tenth of a second, more than so many times what their
  // methods usually take, and more than so much longer. Smaller ones make for short waits, larger ones let bursts
  // through. Default: 2 times, 2 ms.
  AdaptiveLimitOptions& Tolerance(double times, Duration at_least) & {
    tolerance_ = times < 1 ? 1 : times;
    slack_ = at_least;
    return *this;
  }
  AdaptiveLimitOptions&& Tolerance(double times, Duration at_least) && { return std::move(Tolerance(times, at_least)); }

  std::size_t initial() const { return initial_; }
  std::size_t minimum() const { return minimum_; }
  std::size_t maximum() const { return maximum_ < minimum_ ? minimum_ : maximum_; }
  double tolerance() const { return tolerance_; }
  Duration slack() const { return slack_; }

 private:
  std::size_t initial_ = 32;
  std::size_t minimum_ = 8;
  std::size_t maximum_ = 1000;
  double tolerance_ = 2;
  Duration slack_ = std::chrono::milliseconds(2);
};

// What LimitAdaptively gives: an interceptor that can be asked how it does.
class AdaptiveLimit : public Interceptor {
 public:
  struct Figures {
    std::size_t limit = 0;      // calls at once, now
    std::size_t in_flight = 0;  // that were let in and have not ended
    std::uint64_t admitted = 0;
    std::uint64_t rejected = 0;
  };
  // Any thread, at any time.
  virtual Figures figures() const = 0;
};

// Keeps a server that is asked for more than it can do at doing what it can: calls that would have to wait are refused
// at once, with UNAVAILABLE and before anything of them is run, and those that are let in take about as long as ever.
//
//     server.Intercept(rhei::LimitAdaptively());
//
// It lets in a call when fewer than `limit` calls are ahead of it: those that run, and those that have ended since it
// arrived. So it also sees the queue that builds up when handlers compute on the loop: one call is in flight at any
// time then, and the others wait as bytes in buffers. A call's time counts from its arrival (CallInfo::arrived) to its
// handler's end, and is compared with what its method usually takes from its handler's begin, as learnt while there is
// no overload. Beyond the tolerance the limit falls, by half at most in a tenth of a second; while calls take what they
// should, it rises when it is reached. In an overload that lasts, each ten seconds a tenth of one runs with a quarter
// of the limit, to learn again what calls take that do not wait.
//
// What counts: unary calls. Those that fail count as slow, never as quick. How long a stream lives tells nothing, so
// one is refused by the same rule when it begins, and then is neither counted nor measured. Unary methods that wait by
// design, as a long poll does, are better left out: give it to the services that compute, Server::Intercept(service, ).
//
// All calls that it is given to share the limit, on all loops. It belongs on the outside: what stands before it is
// spent on calls that are refused too.
std::shared_ptr<AdaptiveLimit> LimitAdaptively(AdaptiveLimitOptions options = AdaptiveLimitOptions());

}  // namespace rhei::inline v0
