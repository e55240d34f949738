// PropagateHeaders: carries chosen metadata along a chain of calls.
#pragma once

#include <initializer_list>
#include <memory>
#include <string_view>

#include "rhei/interceptor.h"

namespace rhei::inline v0 {

// Gives metadata with these keys, that came with a call, to the calls that its handler makes. The trace ids of the W3C
// (traceparent, tracestate) and x-request-id always travel. The same interceptor belongs on both sides:
//
//     const std::shared_ptr<rhei::Interceptor> headers = rhei::PropagateHeaders({"x-tenant"});
//     server.Intercept(headers);
//     rhei::Connect("wind:8090", rhei::ChannelOptions().Intercept(headers));
//
// What a caller sets itself counts before what came. A handler has what travels in its context, so it reaches calls
// from all coroutines and pools that have that context.
std::shared_ptr<Interceptor> PropagateHeaders(std::initializer_list<std::string_view> keys = {});

}  // namespace rhei::inline v0
