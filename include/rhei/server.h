// Server: offers services on addresses.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "rhei/abuse.h"
#include "rhei/function.h"
#include "rhei/http_handler.h"
#include "rhei/limits.h"
#include "rhei/result.h"
#include "rhei/service.h"
#include "rhei/time.h"

namespace rhei::inline v0 {

class Interceptor;
class Runtime;
namespace transport {
class InProcessServer;
}

// What Server::Listen takes for calls from inside of the process; see ConnectInProcess.
inline constexpr std::string_view kInProcess = "inprocess";

// How a server is set up. Fluent.
class ServerOptions {
 public:
  ServerOptions() {}

  // Default: Runtime::Default().
  ServerOptions& UseRuntime(std::shared_ptr<Runtime> runtime) &;
  ServerOptions&& UseRuntime(std::shared_ptr<Runtime> runtime) && { return std::move(UseRuntime(std::move(runtime))); }
  ServerOptions& UseLimits(const Limits& limits) &;
  ServerOptions&& UseLimits(const Limits& limits) && { return std::move(UseLimits(limits)); }
  // How long Run waits for calls to end after a signal. Default: 30 s.
  ServerOptions& Grace(Duration grace) &;
  ServerOptions&& Grace(Duration grace) && { return std::move(Grace(grace)); }

  const std::shared_ptr<Runtime>& runtime() const { return runtime_; }
  const Limits& limits() const { return limits_; }
  Duration grace() const { return grace_; }

 private:
  std::shared_ptr<Runtime> runtime_;
  Limits limits_;
  Duration grace_ = std::chrono::seconds(30);
};

// Where the handlers of a service run.
enum class RunOn {
  kLoop,  // on the connection's loop, in line: for handlers that do not block. The default, and the fast way
  kPool,  // on the runtime's thread pool: for handlers that block
};

// Set up on one thread, before Start; from then on thread-safe. Destroying it stops it at once, as Stop(0s).
class Server {
 public:
  explicit Server(ServerOptions options = ServerOptions());
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Offers a service, which outlives the server, and those of its handlers that still run when the server ends: Stop
  // names them.
  Server& Add(Service& service, RunOn run_on = RunOn::kLoop);
  // For one method, by path "/package.Service/Method", of a service that was added.
  Server& SetRunOn(std::string_view path, RunOn run_on);
  // How long a call of this method may take when the client has set no deadline. Default: for ever.
  Server& SetTimeout(std::string_view path, Duration timeout);
  // Answers calls of methods that no service has. Without one they end with UNIMPLEMENTED.
  Server& AddGeneric(GenericService& service, RunOn run_on = RunOn::kLoop);
  Server& AddGeneric(GenericStreamingService& service, RunOn run_on = RunOn::kLoop);
  // Puts an interceptor around the handlers of all methods that are added; the first one is the outermost. Calls that
  // no method is found for do not get to it.
  Server& Intercept(std::shared_ptr<Interceptor> interceptor);
  // The same for the methods of one service that was added, by its name "weather.Weather": inside of those of the
  // server.
  Server& Intercept(std::string_view service, std::shared_ptr<Interceptor> interceptor);
  // Answers requests that are not gRPC's. Without one they end with status 415.
  Server& SetHttpHandler(HttpHandler& handler);

  // Adds an address: "0.0.0.0:8090", "[::]:8090", "localhost:0", "unix:/run/weather.sock". Recorded; Start reports what
  // is wrong. A server that is called from inside of its process only needs none but kInProcess.
  Server& Listen(std::string_view address);

  // Begins to serve. The error names each address that failed and why, and a method that was added twice; then nothing
  // is served.
  Status Start();
  // The same without waiting, so that it can be called on an event loop. `done` is called once: on a loop, or here if
  // there is nothing to wait for.
  void Start(UniqueFunction<void(const Status&)> done);

  // Of the first address that has one; the real one where port 0 was asked for. 0 before Start.
  std::uint16_t port() const;

  // How often each limit has stopped a client, since the server was made. Any thread, at any time; cheap.
  AbuseCounts Abuses() const;

  // Ends serving: no new connections and calls (GOAWAY), then waits for those that run, at most `grace`, then cancels
  // them. OK when all had ended; else DEADLINE_EXCEEDED with the methods that still ran. Blocks; not to be called on a
  // loop. What a handler still does after that is dropped when it ends.
  Status Stop(Duration grace);
  // The same without waiting. `done` is called once: on a loop, or here if the server was never started.
  void Stop(Duration grace, UniqueFunction<void(const Status&)> done);

  // Starts, unless it was started, and serves until SIGTERM or SIGINT or a call of Stop; then Stop with the options'
  // grace. A second signal ends the waiting. Only this touches signals. `serving` is called once, here, when the server
  // serves and signals are handled: the place to say so, for whoever was told may end the process in the same instant.
  Status Run(UniqueFunction<void()> serving = {});

  // For ConnectInProcess.
  std::shared_ptr<transport::InProcessServer> InProcess() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace rhei::inline v0
