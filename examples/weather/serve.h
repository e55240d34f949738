// What all servers of the Weather system do alike.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>

#include "rhei/rhei.h"

namespace weather {

// Serves all of them on 127.0.0.1 until SIGTERM or SIGINT. Prints "listening on PORT" when it can be called; port 0
// takes a free one. Returns the exit code of the program: 0 if it has stopped cleanly; else standard error tells why
// not.
int Serve(std::initializer_list<std::reference_wrapper<rhei::Service>> services, std::uint16_t port);

}  // namespace weather
