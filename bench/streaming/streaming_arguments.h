// What a client of the benchmark `streaming` is told beyond the other clients' command line.
#pragma once

#include "support/arguments.h"

namespace rhei::bench {

struct StreamingArguments : ClientArguments {
  bool download = false;  // Download, one stream; otherwise Echo
};

// As StartClient, with `--streams` and `--method echo|download`.
StreamingArguments StartStreamingClient(int argc, const char* const* argv, const char* purpose);

}  // namespace rhei::bench
