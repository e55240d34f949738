#include "rhei/channel.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "client/channel_loop.h"
#include "client/inprocess_share.h"
#include "client/intercepted_call.h"
#include "rhei/generic.h"
#include "rhei/inprocess.h"
#include "rhei/runtime.h"
#include "rhei/version.h"
#include "runtime/loop.h"

namespace rhei::inline v0 {

ChannelOptions& ChannelOptions::UseRuntime(std::shared_ptr<Runtime> runtime) & {
  runtime_ = std::move(runtime);
  return *this;
}

ChannelOptions& ChannelOptions::UseLimits(const Limits& limits) & {
  limits_ = limits;
  return *this;
}

ChannelOptions& ChannelOptions::Authority(std::string_view authority) & {
  authority_ = authority;
  return *this;
}

ChannelOptions& ChannelOptions::UserAgent(std::string_view user_agent) & {
  user_agent_ = user_agent;
  return *this;
}

ChannelOptions& ChannelOptions::Backoff(Duration initial, Duration longest) & {
  initial_backoff_ = initial;
  longest_backoff_ = longest;
  return *this;
}

ChannelOptions& ChannelOptions::ConnectTimeout(Duration timeout) & {
  connect_timeout_ = timeout;
  return *this;
}

ChannelOptions& ChannelOptions::MaxConnectionsPerLoop(std::size_t connections) & {
  max_connections_per_loop_ = std::clamp<std::size_t>(connections, 1, 10);
  return *this;
}

ChannelOptions& ChannelOptions::Intercept(std::shared_ptr<Interceptor> interceptor) & {
  interceptors_.push_back(std::move(interceptor));
  return *this;
}

namespace {

// Whether a path may be put into a header field. Which paths there are is the server's business.
bool IsSendable(std::string_view path) {
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
  return path.starts_with('/') && std::all_of(path.begin(), path.end(), visible);
}

inline void PrepareRequest(ClientCall::Request& request, const CallOptions& options, const Limits& limits) {
  if (!options.metadata().empty()) request.metadata = options.metadata();
  request.wait_for_ready = options.wait_for_ready().value_or(false);
  request.detached = options.detached().value_or(false);
  request.max_receive_message = options.max_receive_message().value_or(limits.max_receive_message);
  request.deadline = options.deadline().value_or(kNoDeadline);
  if (options.timeout()) {
    if (*options.timeout() > Duration::zero()) {
      request.timeout = *options.timeout();
    } else {
      request.deadline = TimePoint::min();
    }
  }
  request.context = SharedContext::Current();
  if (options.interceptors() != nullptr) request.interceptors = options.interceptors();
  if (options.stop_token().stop_possible()) request.stop_token = options.stop_token();
}

// What is wrong with the options is told as what is wrong with the target: by every call.
Result<client::Target> ReadTarget(std::string_view target, const ChannelOptions& options) {
  for (const auto& [option, value] : {std::pair<std::string_view, std::string_view>("Authority", options.authority()),
                                      {"UserAgent", options.user_agent()}}) {
    const auto sendable = [](char c) { return c >= 0x20 && c < 0x7f; };
    if (std::all_of(value.begin(), value.end(), sendable)) continue;
    return Error(StatusCode::kUnavailable,
                 "the channel's option " + std::string(option) + " has a character that is not printable ASCII");
  }
  return client::Target::Parse(target);
}

std::string MakeUserAgent(const std::string& own) {
  std::string text = own.empty() ? "" : own + " ";
  return text + "grpc-c++-rhei/" + std::to_string(kVersionMajor) + "." + std::to_string(kVersionMinor) + "." +
         std::to_string(kVersionPatch);
}

}  // namespace

class Channel::State : public std::enable_shared_from_this<State> {
 public:
  // `server`: in this process, instead of where the target says; or null.
  State(std::string_view target, ChannelOptions options, std::shared_ptr<transport::InProcessServer> server)
      : config_(std::make_shared<client::ChannelConfig>(client::ChannelConfig{
            std::string(target), ReadTarget(target, options), options, MakeUserAgent(options.user_agent()),
            options.runtime() ? options.runtime() : Runtime::Default(), std::move(server)})),
        shares_(runtime().loop_count()),
        home_(std::hash<const void*>()(this) / 64 % runtime().loop_count()) {}

  ~State();

  const client::ChannelConfig& config() const { return *config_; }
  void Start(ClientCall& call);

 private:
  Runtime& runtime() const { return *config_->runtime; }
  // Set the response's error when it must not be sent.
  void CheckRequest(ClientCall& call) const;
  void CheckRequestMetadata(ClientCall& call) const;
  // From the call's timeout, and from its context. `current`: the runtime's loop that the caller is on, or null.
  void SetDeadline(ClientCall::Request& request, const runtime::Loop* current) const;
  // On the loop.
  client::ChannelShare& Share(std::size_t index);
  void StartIntercepted(std::size_t index, ClientCall& call);

  const std::shared_ptr<const client::ChannelConfig> config_;
  // By loop; each is touched on its own loop only.
  std::vector<std::unique_ptr<client::ChannelShare>> shares_;
  const std::size_t home_;
};

Channel::State::~State() {
  // Whoever released the last handle did so after all that it started had reached the loops.
  for (std::size_t index = 0; index < shares_.size(); ++index) {
    if (shares_[index] == nullptr) continue;
    auto close = [share = std::move(shares_[index])]() mutable {
      client::ChannelShare& closed = *share;
      closed.Close(std::move(share));
    };
    runtime().loop(index).Post(std::move(close));
  }
}

client::ChannelShare& Channel::State::Share(std::size_t index) {
  std::unique_ptr<client::ChannelShare>& share = shares_[index];
  if (share == nullptr && config_->server != nullptr) {
    share = std::make_unique<client::InProcessShare>(config_, runtime().loop(index), index);
  } else if (share == nullptr) {
    share = std::make_unique<client::ChannelLoop>(config_, runtime().loop(index));
  }
  return *share;
}

void Channel::State::CheckRequest(ClientCall& call) const {
  if (!call.request.metadata.empty()) CheckRequestMetadata(call);
  const std::size_t limit = std::min(config_->options.limits().max_send_message, ClientCall::kLargestMessage);
  if (std::max(call.request.message.size(), call.request.held_size) > limit) {
    call.response.error = Error(StatusCode::kResourceExhausted, std::string(call.request.method.path) +
                                                                    ": the request is larger than the limit of " +
                                                                    std::to_string(limit) + " bytes");
  }
}

void Channel::State::Start(ClientCall& call) {
  const bool intercepted = call.request.interceptors != nullptr;
  if (!intercepted) CheckRequest(call);
  call.logger = &runtime().logger();
  if (call.response.error) return call.Finish();
  runtime::Loop* const current = runtime().current_loop();
  if (call.request.timeout != Duration::zero() || call.request.context.get() != nullptr) {
    SetDeadline(call.request, current);
  }
  if (current != nullptr) {
    call.loop = current;
    if (intercepted) return StartIntercepted(runtime().IndexOf(*current), call);
    return Share(runtime().IndexOf(*current)).Start(call);
  }
  call.loop = &runtime().loop(home_);
  if (intercepted) {
    return call.loop->Post([self = shared_from_this(), &call] { self->StartIntercepted(self->home_, call); });
  }
  call.loop->Post([self = shared_from_this(), &call] { self->Share(self->home_).Start(call); });
}

void Channel::State::StartIntercepted(std::size_t index, ClientCall& call) {
  auto carry = [self = shared_from_this(), index, &call] {
    self->CheckRequest(call);
    if (call.response.error) return call.Finish();
    self->Share(index).Start(call);
  };
  (new client::InterceptedCall(call, std::move(carry), config_->server != nullptr))->Begin();
}

void Channel::State::CheckRequestMetadata(ClientCall& call) const {
  const std::size_t limit = config_->options.limits().max_send_metadata();
  std::optional<std::string> wrong = CheckMetadata(call.request.metadata, SIZE_MAX);
  StatusCode code = StatusCode::kInternal;
  if (!wrong) {
    wrong = CheckMetadata(call.request.metadata, limit);
    code = StatusCode::kResourceExhausted;
  }
  if (wrong) call.response.error = Error(code, std::string(call.request.method.path) + ": " + *wrong);
}

void Channel::State::SetDeadline(ClientCall::Request& request, const runtime::Loop* current) const {
  const CallScope* const scope =
      request.context.get() == nullptr || request.detached ? nullptr : request.context.get()->call();
  if (request.timeout != Duration::zero()) {
    const TimePoint now = current != nullptr ? current->Now() : runtime().loop(home_).clock().Now();
    const TimePoint end = AddSaturated(now, request.timeout);
    if (request.deadline < end) request.timeout = Duration::zero();
    request.deadline = std::min(request.deadline, end);
  }
  if (scope != nullptr && scope->deadline() < request.deadline) {
    request.deadline = scope->deadline();
    request.timeout = Duration::zero();
  }
}

Method Channel::FindMethod(std::string_view path) const { return state_->config().methods->Find(path); }

Channel Channel::With(const CallOptions& options) const {
  Channel with = *this;
  with.options_ = std::make_shared<const CallOptions>(options_ == nullptr ? options : options.Over(*options_));
  return with;
}

void Channel::Prepare(ClientCall& call, const CallOptions& options) const {
  if (options_ != nullptr) return PrepareRequest(call.request, options.Over(*options_), limits());
  PrepareRequest(call.request, options, limits());
}

void Channel::Start(ClientCall& call) const { state_->Start(call); }

const std::string& Channel::target() const { return state_->config().target_text; }

const Limits& Channel::limits() const { return state_->config().options.limits(); }

namespace {

Channel WithInterceptors(Channel channel, const Interceptors& interceptors) {
  if (interceptors.empty()) return channel;
  CallOptions options;
  for (const std::shared_ptr<Interceptor>& interceptor : interceptors) options.Intercept(interceptor);
  return channel.With(options);
}

}  // namespace

Channel Connect(std::string_view target, ChannelOptions options) {
  const Interceptors interceptors = options.interceptors();
  return WithInterceptors(Channel(std::make_shared<Channel::State>(target, std::move(options), nullptr)), interceptors);
}

Channel ConnectInProcess(const Server& server, ChannelOptions options) {
  const Interceptors interceptors = options.interceptors();
  auto state = std::make_shared<Channel::State>(kInProcess, std::move(options), server.InProcess());
  return WithInterceptors(Channel(std::move(state), true), interceptors);
}

Error RequestNotWritable(std::string_view path) {
  return Error(StatusCode::kInternal,
               std::string(path) +
                   ": the request cannot be serialised: a required field is missing, or it is 2 GiB or "
                   "more");
}

void StartCall(const Channel& channel, ClientCall& call, Method method, const CallOptions& options) {
  call.request.method = method;
  channel.Prepare(call, options);
  call.AddReferenceWhileNew();
  channel.Start(call);
}

Method GenericStub::Resolve(std::string_view path, ClientCall& call) const {
  Method method{Method::kUnnumbered, path};
  if (IsSendable(path)) {
    method = channel_.FindMethod(path);
  } else {
    call.response.error = Error(StatusCode::kInternal, "a method's path begins with / and is printable ASCII");
  }
  if (method.number == Method::kUnnumbered) {
    call.request.own_path = path;
    method.path = call.request.own_path;
  }
  return method;
}

UnaryCall<std::string> GenericStub::Call(std::string_view path, const std::string& request,
                                         const CallOptions& options) const {
  auto* const call = new TypedCallState<std::string>;
  return StartUnary(channel_, call, Resolve(path, *call), request, options);
}

UnaryCall<std::string> GenericStub::Call(std::string_view path, std::string&& request,
                                         const CallOptions& options) const {
  auto* const call = new TypedCallState<std::string>;
  return StartUnary(channel_, call, Resolve(path, *call), std::move(request), options);
}

BidiStreamingCall<std::string, std::string> GenericStub::Stream(std::string_view path,
                                                                const CallOptions& options) const {
  auto* const call = new BidiStreamingState<std::string, std::string>;
  return StartBidiStreaming(channel_, call, Resolve(path, *call), options);
}

}  // namespace rhei::inline v0
