// The one command line that every server, and every client, of the benchmarks has.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "support/flags.h"

namespace rhei::bench {

struct ServerArguments {
  std::int64_t port = 0;       // on 127.0.0.1; 0 takes any free one, AnnouncePort says which
  std::int64_t cpu = -1;       // the core to run on; -1 leaves that to the system
  std::int64_t busy_poll = 0;  // microseconds to spin for input before sleeping
  std::int64_t metadata = 0;   // pairs of metadata that go with each answer
};

struct ClientArguments {
  std::int64_t port = 0;         // the server's, on 127.0.0.1
  std::int64_t cpu = -1;         // the core to run on; -1 leaves that to the system
  std::int64_t connections = 1;  // separate TCP connections
  std::int64_t streams = 1;      // streams on each connection, where a program has them
  std::int64_t in_flight = 1;    // calls in flight at once on each connection, or messages on each stream
  double seconds = 2;            // the measured window
  double warmup = 0.5;           // seconds before it that do not count
  std::int64_t payload = 16;     // bytes of the one field
  std::int64_t busy_poll = 0;    // microseconds to spin for input before sleeping
  std::int64_t server_pid = 0;   // whose CPU time to report; 0 for nobody's
  std::int64_t deadline = 0;     // milliseconds that a call may take; 0 for as long as it likes
  std::int64_t metadata = 0;     // pairs of metadata that go with each request
};

// The pairs of metadata that --metadata asks for, the same with each call.
std::string MetadataKey(std::int64_t index);
inline constexpr const char* kMetadataValue = "a value of some length";

// Adds the flags that one benchmark alone has.
using MoreFlags = std::function<void(Flags& flags)>;

// Reads the command line, pins this process to its core and returns the rest. So call it before anything starts a
// thread: threads inherit the pinning. Ends the program on a wrong command line.
ServerArguments StartServer(int argc, const char* const* argv, const char* purpose, const MoreFlags& more = {});
ClientArguments StartClient(int argc, const char* const* argv, const char* purpose, const MoreFlags& more = {});

// The same for a program that is server and client in one, and has no port.
ClientArguments StartAlone(int argc, const char* const* argv, const char* purpose);

// Ends the program with "wrong command line: WHAT" unless the condition holds.
void RequireArgument(bool condition, const char* what);

// For systems that cannot spin, or have neither deadlines nor metadata: ends the program when they are asked to.
void RefuseBusyPoll(std::int64_t busy_poll, const char* system);
void RefuseCallOptions(const ClientArguments& arguments, const char* system);

}  // namespace rhei::bench
