#include "support/arguments.h"

#include <cstdio>
#include <cstdlib>

#include "support/process.h"

namespace rhei::bench {
namespace {

constexpr const char* kPortHelp = "port on 127.0.0.1";
constexpr const char* kCpuHelp = "core to run on, -1 for any";
constexpr const char* kBusyPollHelp = "microseconds to spin for input before sleeping";

// What a client does, wherever its server is.
void AddLoad(ClientArguments* arguments, Flags* flags) {
  flags->Add("--cpu", &arguments->cpu, kCpuHelp);
  flags->Add("--in-flight", &arguments->in_flight, "calls in flight on each connection, or messages on each stream");
  flags->Add("--seconds", &arguments->seconds, "the measured window");
  flags->Add("--warmup", &arguments->warmup, "seconds before it that do not count");
  flags->Add("--payload", &arguments->payload, "bytes of the message's one field");
}

void CheckLoad(const ClientArguments& arguments) {
  RequireArgument(arguments.connections > 0 && arguments.in_flight > 0,
                  "--connections and --in-flight must be positive");
  RequireArgument(arguments.seconds > 0 && arguments.warmup >= 0, "--seconds must be positive, --warmup not negative");
  RequireArgument(arguments.payload >= 0 && arguments.payload <= 200000, "--payload must be 0 to 200000");
}

}  // namespace

void RequireArgument(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "wrong command line: %s\n", what);
  std::exit(2);
}

ServerArguments StartServer(int argc, const char* const* argv, const char* purpose, const MoreFlags& more) {
  ServerArguments arguments;
  Flags flags(purpose);
  flags.Add("--port", &arguments.port, kPortHelp);
  flags.Add("--cpu", &arguments.cpu, kCpuHelp);
  flags.Add("--busy-poll", &arguments.busy_poll, kBusyPollHelp);
  flags.Add("--metadata", &arguments.metadata, "pairs of metadata with each answer");
  if (more) more(flags);
  flags.Parse(argc, argv);
  RequireArgument(arguments.port >= 0 && arguments.port <= 65535, "--port must be 0 to 65535");
  PinToCpu(static_cast<int>(arguments.cpu));
  return arguments;
}

ClientArguments StartClient(int argc, const char* const* argv, const char* purpose, const MoreFlags& more) {
  ClientArguments arguments;
  Flags flags(purpose);
  flags.Add("--port", &arguments.port, kPortHelp);
  flags.Add("--connections", &arguments.connections, "TCP connections");
  AddLoad(&arguments, &flags);
  flags.Add("--busy-poll", &arguments.busy_poll, kBusyPollHelp);
  flags.Add("--server-pid", &arguments.server_pid, "process whose CPU time to report, 0 for none");
  flags.Add("--deadline", &arguments.deadline, "milliseconds that a call may take, 0 for no deadline");
  flags.Add("--metadata", &arguments.metadata, "pairs of metadata with each request");
  if (more) more(flags);
  flags.Parse(argc, argv);
  RequireArgument(arguments.port > 0 && arguments.port <= 65535, "--port must be 1 to 65535");
  CheckLoad(arguments);
  PinToCpu(static_cast<int>(arguments.cpu));
  return arguments;
}

ClientArguments StartAlone(int argc, const char* const* argv, const char* purpose) {
  ClientArguments arguments;
  Flags flags(purpose);
  AddLoad(&arguments, &flags);
  flags.Parse(argc, argv);
  CheckLoad(arguments);
  PinToCpu(static_cast<int>(arguments.cpu));
  return arguments;
}

std::string MetadataKey(std::int64_t index) { return "x-bench-key-" + std::to_string(index); }

void RefuseCallOptions(const ClientArguments& arguments, const char* system) {
  if (arguments.deadline == 0 && arguments.metadata == 0) return;
  std::fprintf(stderr, "%s has neither deadlines nor metadata; leave --deadline and --metadata out\n", system);
  std::exit(2);
}

void RefuseBusyPoll(std::int64_t busy_poll, const char* system) {
  if (busy_poll == 0) return;
  std::fprintf(stderr, "%s has no busy polling; leave --busy-poll out\n", system);
  std::exit(2);
}

}  // namespace rhei::bench
