#include "unary/unary_arguments.h"

namespace rhei::bench {

UnaryArguments StartUnaryClient(int argc, const char* const* argv, const char* purpose) {
  double rate = 0;
  UnaryArguments arguments{StartClient(argc, argv, purpose, [&](Flags& flags) {
    flags.Add("--rate", &rate, "calls a second on all connections together, 0 for as many as there can be");
  })};
  RequireArgument(rate >= 0, "--rate must not be negative");
  arguments.rate = rate;
  return arguments;
}

}  // namespace rhei::bench
