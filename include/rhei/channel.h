// Channel: a service that can be called, wherever its servers are.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "rhei/call.h"
#include "rhei/call_options.h"
#include "rhei/client_call.h"
#include "rhei/codec.h"
#include "rhei/limits.h"
#include "rhei/time.h"

namespace rhei::inline v0 {

class Runtime;

// How a channel is set up. Fluent.
class ChannelOptions {
 public:
  ChannelOptions() {}

  // Default: Runtime::Default().
  ChannelOptions& UseRuntime(std::shared_ptr<Runtime> runtime) &;
  ChannelOptions&& UseRuntime(std::shared_ptr<Runtime> runtime) && { return std::move(UseRuntime(std::move(runtime))); }
  ChannelOptions& UseLimits(const Limits& limits) &;
  ChannelOptions&& UseLimits(const Limits& limits) && { return std::move(UseLimits(limits)); }
  // What the server is told as the host. Default: the target's host and port. Printable ASCII, as the user agent; else
  // every call fails with UNAVAILABLE and says so.
  ChannelOptions& Authority(std::string_view authority) &;
  ChannelOptions&& Authority(std::string_view authority) && { return std::move(Authority(authority)); }
  // Put in front of rhei's own in the user-agent header, as "weather/1.2".
  ChannelOptions& UserAgent(std::string_view user_agent) &;
  ChannelOptions&& UserAgent(std::string_view user_agent) && { return std::move(UserAgent(user_agent)); }
  // Waits after a failed connect: `initial`, then 1.6 times more each time up to `longest`, all give or take 20 %.
  // Defaults: 1 s and 120 s (grpc/doc/connection-backoff.md).
  ChannelOptions& Backoff(Duration initial, Duration longest) &;
  ChannelOptions&& Backoff(Duration initial, Duration longest) && { return std::move(Backoff(initial, longest)); }
  // How long one attempt to connect may take. Default: 20 s.
  ChannelOptions& ConnectTimeout(Duration timeout) &;
  ChannelOptions&& ConnectTimeout(Duration timeout) && { return std::move(ConnectTimeout(timeout)); }

  // How many connections each loop may have to the server. More than one are made only when all streams that the server
  // allows at once (SETTINGS_MAX_CONCURRENT_STREAMS) are taken on those that there are; otherwise further calls wait
  // for a stream (gRFC A105). From 1 to 10, and the nearest of these for other numbers. Default: 1.
  ChannelOptions& MaxConnectionsPerLoop(std::size_t connections) &;
  ChannelOptions&& MaxConnectionsPerLoop(std::size_t connections) && {
    return std::move(MaxConnectionsPerLoop(connections));
  }

  // Puts an interceptor around every call; the first one is the outermost.
  ChannelOptions& Intercept(std::shared_ptr<Interceptor> interceptor) &;
  ChannelOptions&& Intercept(std::shared_ptr<Interceptor> interceptor) && {
    return std::move(Intercept(std::move(interceptor)));
  }

  const std::shared_ptr<Runtime>& runtime() const { return runtime_; }
  const Limits& limits() const { return limits_; }
  const std::string& authority() const { return authority_; }
  const std::string& user_agent() const { return user_agent_; }
  Duration initial_backoff() const { return initial_backoff_; }
  Duration longest_backoff() const { return longest_backoff_; }
  Duration connect_timeout() const { return connect_timeout_; }
  std::size_t max_connections_per_loop() const { return max_connections_per_loop_; }
  const Interceptors& interceptors() const { return interceptors_; }

 private:
  std::shared_ptr<Runtime> runtime_;
  Limits limits_;
  std::string authority_;
  std::string user_agent_;
  Duration initial_backoff_ = std::chrono::seconds(1);
  Duration longest_backoff_ = std::chrono::seconds(120);
  Duration connect_timeout_ = std::chrono::seconds(20);
  std::size_t max_connections_per_loop_ = 1;
  Interceptors interceptors_;
};

// Connects when the first call is made, and again whenever a connection is lost. Each loop of the runtime that makes
// calls has a connection of its own (or several, see MaxConnectionsPerLoop); calls from other threads use one loop
// chosen per channel. A handle: copies share one channel. Thread-safe. When the last handle and stub are gone, calls
// under way go on to their end.
class Channel {
 public:
  // The method with this path, "/package.Service/Method"; stubs ask once for each of theirs.
  Method FindMethod(std::string_view path) const;

  // Begins a call; takes over one reference. For generated code.
  void Start(ClientCall& call) const;

  // This channel with options for all calls that are made by the handle that is returned, and by stubs that are given
  // it. What a call's own options say counts before them; metadata of both is sent, that of the channel first.
  //
  //     Weather::Stub weather(channel.With(rhei::CallOptions().Timeout(200ms)));
  Channel With(const CallOptions& options) const;

  // The target that it was made with.
  const std::string& target() const;
  const Limits& limits() const;
  // Whether a call's request is to be kept as it is, not as bytes: because its server is in this process (see
  // ConnectInProcess), or because it has interceptors.
  bool KeepsMessage(const CallOptions& options) const {
    return hands_over_ || options.interceptors() != nullptr ||
           (options_ != nullptr && options_->interceptors() != nullptr);
  }

  class State;
  explicit Channel(std::shared_ptr<State> state, bool hands_over = false)
      : state_(std::move(state)), hands_over_(hands_over) {}

  // Writes what the options and the caller's context say into a new call's request. For generated code.
  void Prepare(ClientCall& call, const CallOptions& options) const;

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<const CallOptions> options_;  // null: none
  bool hands_over_ = false;
};

// Makes a channel. `target` is "host:port", "dns:///host:port", "ipv4:1.2.3.4:port" and "ipv6:[::1]:port" (several,
// separated by commas), or "unix:path" (grpc/doc/naming.md). Nothing is connected yet; a target that cannot be read
// makes every call fail with UNAVAILABLE and a text that says what is wrong with it.
Channel Connect(std::string_view target, ChannelOptions options = ChannelOptions());

// The error of a request that protobuf cannot serialise.
Error RequestNotWritable(std::string_view path);

// Begins a call with this state, which is new and whose caller keeps its reference. For generated code.
void StartCall(const Channel& channel, ClientCall& call, Method method, const CallOptions& options);

// The same with a request, which is kept instead of copied where it is an rvalue and large.
template <typename Request>
void StartCall(const Channel& channel, ClientCall& call, Method method, Request&& request, const CallOptions& options) {
  using Message = std::remove_cvref_t<Request>;
  const std::optional<std::size_t> size = Codec<Message>::Size(request);
  if (size && channel.KeepsMessage(options)) {
    call.request.held = std::make_unique<CopiedMessage<Message>>(std::forward<Request>(request));
    call.request.held_size = *size;
  } else if (size) {
    call.request.message = ToPieces(std::forward<Request>(request), *size);
  } else {
    call.response.error = RequestNotWritable(method.path);
  }
  StartCall(channel, call, method, options);
}

// Begins a unary call with this state; takes over its reference.
template <typename Reply, typename Request>
UnaryCall<Reply> StartUnary(const Channel& channel, TypedCallState<Reply>* call, Method method, Request&& request,
                            const CallOptions& options) {
  UnaryCall<Reply> handle(call);
  StartCall(channel, *call, method, std::forward<Request>(request), options);
  return handle;
}

// Begins a unary call. For generated code.
template <typename Reply, typename Request>
UnaryCall<Reply> StartUnary(const Channel& channel, Method method, Request&& request, const CallOptions& options) {
  return StartUnary(channel, new TypedCallState<Reply>, method, std::forward<Request>(request), options);
}

}  // namespace rhei::inline v0
