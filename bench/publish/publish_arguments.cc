#include "publish/publish_arguments.h"

#include <chrono>

namespace rhei::bench {
namespace {

LoadRun::Clock::duration Seconds(double seconds) {
  return std::chrono::duration_cast<LoadRun::Clock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

PublishArguments StartPublishClient(int argc, const char* const* argv, const char* purpose) {
  double rate = 0;
  PublishArguments arguments{StartClient(argc, argv, purpose, [&](Flags& flags) {
    flags.Add("--rate", &rate, "messages a second on all connections together, 0 for as many as there can be");
  })};
  RequireArgument(rate >= 0, "--rate must not be negative");
  RequireArgument(rate == 0 || arguments.in_flight == 1, "--rate goes with one message in flight");
  arguments.rate = rate;
  return arguments;
}

std::string MessageData(std::int64_t size) {
  std::string data(static_cast<std::size_t>(size), '\0');
  unsigned value = 1;
  for (char& byte : data) byte = static_cast<char>((value = value * 1103515245 + 12345) >> 16);
  return data;
}

Pace::Pace(const PublishArguments& arguments, LoadRun::TimePoint start, std::int64_t connection)
    : step_(Seconds(static_cast<double>(arguments.connections) / arguments.rate)),
      due_(start + Seconds(static_cast<double>(connection) / arguments.rate)) {}

}  // namespace rhei::bench
