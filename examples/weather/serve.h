// What all servers of the Weather system do alike.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>

#include "flags.h"
#include "rhei/rhei.h"

namespace weather {

// What calls have in common that are made on behalf of another: its x-request-id, and the ids of its trace.
std::shared_ptr<rhei::Interceptor> Headers();

// Serves all of them on 127.0.0.1 until SIGTERM or SIGINT. Prints "listening on PORT" when it can be called; --port 0
// takes a free one. With --log_calls 1 a line on standard error tells of each call. At its end it prints what was
// measured, a line for each method. Returns the exit code of the program: 0 if it has stopped cleanly; else standard
// error tells why not.
int Serve(std::initializer_list<std::reference_wrapper<rhei::Service>> services, const Flags& flags);

}  // namespace weather
