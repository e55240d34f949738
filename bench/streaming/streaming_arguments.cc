#include "streaming/streaming_arguments.h"

namespace rhei::bench {

StreamingArguments StartStreamingClient(int argc, const char* const* argv, const char* purpose) {
  std::int64_t streams = 1;
  std::string method = "echo";
  StreamingArguments arguments{StartClient(argc, argv, purpose, [&](Flags& flags) {
    flags.Add("--streams", &streams, "streams on each connection");
    flags.Add("--method", &method, "echo or download");
  })};
  RequireArgument(streams > 0, "--streams must be positive");
  RequireArgument(method == "echo" || method == "download", "--method must be echo or download");
  arguments.streams = streams;
  arguments.download = method == "download";
  RequireArgument(!arguments.download || arguments.connections * streams * arguments.in_flight == 1,
                  "--method download has one stream");
  return arguments;
}

}  // namespace rhei::bench
