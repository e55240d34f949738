// Interceptors that bound what calls may take: time, how many at once, how many a second.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "rhei/interceptor.h"
#include "rhei/time.h"

namespace rhei::inline v0 {

// What a limit counts together.
enum class LimitPer : unsigned char {
  kServer,  // all calls
  kMethod,  // those of one method
  kPeer,    // those of one host, whatever its port
};

// At most so many calls at once; one more ends at once with RESOURCE_EXHAUSTED, before its handler begins.
std::shared_ptr<Interceptor> LimitConcurrency(std::size_t calls, LimitPer per = LimitPer::kServer);

// At most so many calls a second in the long run, and `burst` at once (a token bucket); one more ends at once with
// RESOURCE_EXHAUSTED, whose text tells when there is room again. At least one of each.
std::shared_ptr<Interceptor> LimitRate(double calls_per_second, double burst, LimitPer per = LimitPer::kServer);

// Gives calls that have no deadline this one. On a client it travels to the server; on a server it ends the call with
// DEADLINE_EXCEEDED there.
std::shared_ptr<Interceptor> DefaultTimeout(Duration timeout);
// The same for one method, "/weather.Weather/GetCurrent".
std::shared_ptr<Interceptor> DefaultTimeout(std::string_view method, Duration timeout);

}  // namespace rhei::inline v0
