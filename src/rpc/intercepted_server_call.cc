#include "rpc/intercepted_server_call.h"

#include <string>
#include <utility>

#include "rhei/unary_method.h"
#include "transport/server_context_writer.h"

namespace rhei::inline v0::rpc {

InterceptedServerCall::InterceptedServerCall(ServerCall& call, MethodHandler& handler, const Interceptors& interceptors)
    : call_(call), handler_(handler), chain_(interceptors, *this, *this), read_at_(call.read_at()) {
  ServerContextWriter::SetCall(call_.context(), *this);
}

void InterceptedServerCall::Begin(std::string_view request) {
  request_ = request;
  Run();
}

void InterceptedServerCall::Begin(std::unique_ptr<HeldMessage> request) {
  held_ = std::move(request);
  Run();
}

void InterceptedServerCall::Run() {
  task_.emplace(chain_.Run());
  if (task_->Start(*this)) return OnTaskDone();
  if (carried_ || held_ != nullptr) return;
  kept_request_.assign(request_);
  request_ = kept_request_;
}

Metadata& InterceptedServerCall::metadata() { return ServerContextWriter::metadata(call_.context()); }

// Its bytes lay in the operating system before, for as long as everything that this loop waits for does.
TimePoint InterceptedServerCall::arrived() {
  if (!arrived_) arrived_ = call_.hands_over() ? read_at_ : read_at_ - call_.loop().Lag();
  return *arrived_;
}

TimePoint InterceptedServerCall::deadline() const { return ServerContextWriter::scope(call_.context()).deadline(); }

void InterceptedServerCall::SetDeadline(TimePoint deadline) {
  if (carried_ || deadline >= this->deadline()) return;
  ServerContextWriter::scope(call_.context()).Shorten(deadline);
  if (deadline_ == nullptr) {
    deadline_ = std::make_unique<runtime::Timer>([this] {
      call_.Break(Error(StatusCode::kDeadlineExceeded, "the deadline that an interceptor has set passed on the server",
                        Origin::kLibrary));
    });
  }
  call_.loop().Arm(*deadline_, deadline);
}

Status InterceptedServerCall::VisitRequest(MessageVisitor& visitor) {
  const std::size_t size = request_.size();
  if (held_ == nullptr) held_ = handler_.Read(request_);
  if (held_ == nullptr) return RequestNotReadable(call_.context(), size);
  AnyMessage message(*held_);
  return visitor.Visit(message);
}

Status InterceptedServerCall::VisitReply(MessageVisitor& visitor) {
  if (reply_ == nullptr) return {};
  AnyMessage message(*reply_);
  return visitor.Visit(message);
}

Task<Trailers> InterceptedServerCall::Carry() { return Task<Trailers>(static_cast<TaskSource<Trailers>*>(this)); }

bool InterceptedServerCall::Start(TaskObserver& observer) {
  carried_ = true;
  if (held_ != nullptr) {
    handler_.HandleHeld(*this, std::move(held_));
  } else {
    handler_.Handle(*this, request_);
  }
  if (trailers_) return true;
  observer_ = &observer;
  return false;
}

void InterceptedServerCall::SendHeaders(const Metadata& headers) {
  Metadata shown = headers;
  chain_.ShowHeaders(shown);
  call_.SendHeaders(shown);
}

// The first one takes the headers along.
void InterceptedServerCall::BeforeReply() { chain_.ShowHeaders(call_.context().headers()); }

char* InterceptedServerCall::ReserveReply(std::size_t size) {
  bytes_.resize(size);
  return bytes_.data();
}

void InterceptedServerCall::Reply() {
  reply_ = std::make_unique<CopiedMessage<std::string>>(std::move(bytes_));
  Ended({});
}

void InterceptedServerCall::ReplyWith(std::unique_ptr<HeldMessage> reply, std::size_t /*size*/) {
  reply_ = std::move(reply);
  Ended({});
}

MessageStream& InterceptedServerCall::OpenStream(MessageStream::Listener& listener) {
  stream_ = chain_.Wrap(call_.OpenStream(listener));
  return *stream_;
}

void InterceptedServerCall::Ended(Status status) {
  if (status.ok()) BeforeReply();
  trailers_.emplace(std::move(status), std::exchange(call_.context().trailers(), {}));
  if (observer_ != nullptr) observer_->OnTaskDone();
}

void InterceptedServerCall::OnTaskDone() noexcept {
  Trailers trailers = task_->Take();
  // What the interceptors kept goes before the answer, which ends the context.
  task_.reset();
  Answer(std::move(trailers));
}

void InterceptedServerCall::Answer(Trailers trailers) {
  runtime::Loop& loop = call_.loop();
  deadline_.reset();
  ServerContext& context = call_.context();
  context.trailers() = std::move(trailers.metadata);
  ServerContextWriter::SetCall(context, call_);
  if (!trailers.status.ok()) {
    call_.Fail(trailers.status.error());
  } else if (handler_.server_streams()) {
    call_.Succeed();
  } else {
    SendReply();
  }
  // The handler that has brought this about may still be on the stack, and lets go of its stream later on the loop.
  auto later = [&loop, self = std::unique_ptr<InterceptedServerCall>(this)]() mutable {
    loop.Post([self = std::move(self)] {});
  };
  loop.Post(std::move(later));
}

void InterceptedServerCall::SendReply() {
  const OutgoingMessage& reply = reply_->outgoing();
  const std::optional<std::size_t> size = reply.Size();
  if (!size) return call_.Fail(ReplyNotWritable(call_.context()));
  if (*size > call_.max_send_message()) {
    return call_.Fail(ReplyTooLarge(call_.context(), *size, call_.max_send_message()));
  }
  if (call_.hands_over()) return call_.ReplyWith(std::move(reply_), *size);
  reply.Write(call_.ReserveReply(*size));
  call_.Reply();
}

}  // namespace rhei::inline v0::rpc
