// All of rhei that a service or a client needs.
#pragma once

// First, because it says what to do about a compiler that knows no C++20.
#include "rhei/version.h"

#include "rhei/call.h"
#include "rhei/call_options.h"
#include "rhei/channel.h"
#include "rhei/context.h"
#include "rhei/exit_code.h"
#include "rhei/inprocess.h"
#include "rhei/interceptor.h"
#include "rhei/metadata.h"
#include "rhei/promise.h"
#include "rhei/result.h"
#include "rhei/runtime.h"
#include "rhei/server.h"
#include "rhei/server_context.h"
#include "rhei/service.h"
#include "rhei/sleep.h"
#include "rhei/stream.h"
#include "rhei/stream_observer.h"
#include "rhei/streaming_call.h"
#include "rhei/task.h"
