// Sleep: waits in a coroutine, without holding up its event loop.
#pragma once

#include "rhei/result.h"
#include "rhei/task.h"
#include "rhei/time.h"

namespace rhei::inline v0 {

// Finishes when so much time has passed, or as soon as the current context is cancelled, with the cause's code:
// DEADLINE_EXCEEDED or CANCELLED.
//
//     if (rhei::Status slept = co_await rhei::Sleep(50ms); !slept.ok()) co_return slept.error();
//
// To be awaited on an event loop; elsewhere it fails with FAILED_PRECONDITION: a thread of the pool may block itself.
Task<Status> Sleep(Duration duration);

}  // namespace rhei::inline v0
