// The transports that the contract tests run on.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rhei/channel.h"
#include "rhei/interceptor.h"
#include "rhei/limits.h"
#include "rhei/server.h"

namespace rhei::inline v0::contract {

// One server and channels to it. Blocking calls of a test make it go on; it lives as long as the test.
class Transport {
 public:
  virtual ~Transport() = default;
  // Starts a server that offers the service.
  virtual Status Serve(Service& service, RunOn run_on) = 0;
  // Also before Serve, but for sockets.
  virtual Channel Connect(ChannelOptions options) = 0;
  // Stops the server at once, and with it the calls that run.
  virtual void StopServer() = 0;
  // Lets go on what goes on, until nothing is left to do or a moment has passed.
  virtual void Settle() = 0;

  // The server's; before Serve and Connect.
  Limits limits;
  Interceptors interceptors;
};

struct TransportKind {
  std::string name;
  std::function<std::unique_ptr<Transport>()> make;
};

// Over HTTP/2 in a simulated world, and over real sockets; inside of the process, in a simulated world with a loop for
// each side, and on the loops that both share.
TransportKind SimulatedHttp2();
TransportKind Sockets();
TransportKind SimulatedInProcess();
TransportKind InProcess();
// The first and the last with an interceptor on both sides that looks at everything and changes nothing.
TransportKind InterceptedHttp2();
TransportKind InterceptedInProcess();
// Each of them, for INSTANTIATE_TEST_SUITE_P.
std::vector<TransportKind> AllTransports();

}  // namespace rhei::inline v0::contract
