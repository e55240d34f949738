#include "rhei_server_streams.h"

#include <utility>

using interop::Piece;
using interop::SeenReply;
using interop::Step;
using rhei::ServerContext;
using rhei::Status;
using rhei::Task;

namespace {

// One stream while its handler runs; tells of its end.
class Watch {
 public:
  Watch(Ends& ends, const ServerContext& context) : ends_(ends), context_(context) {}
  Watch(const Watch&) = delete;
  ~Watch() {
    if (context_.IsCancelled()) seen_.set_end(SeenReply::CANCELLED);
    if (!id_.empty()) ends_.Tell(id_, seen_);
  }

  void Count(const Step& step) {
    id_ = step.id();
    seen_.set_messages(seen_.messages() + 1);
  }
  std::uint32_t messages() const { return seen_.messages(); }

  // How the step ends the call, if it does.
  std::optional<Status> EndedBy(const Step& step) {
    if (step.failure().code() != 0) {
      seen_.set_end(SeenReply::FAILED);
      return ToError(step.failure());
    }
    if (!step.finish()) return std::nullopt;
    seen_.set_end(SeenReply::FINISHED);
    return Status();
  }
  void Complete() { seen_.set_end(SeenReply::COMPLETE); }

 private:
  Ends& ends_;
  const ServerContext& context_;
  std::string id_;
  SeenReply seen_;
};

// False: the call is over.
Task<bool> SendPieces(const Step& step, rhei::Writer<Piece>& writer) {
  for (const std::uint32_t size : step.reply_sizes()) {
    Piece piece;
    piece.set_payload(step.payload());
    piece.mutable_payload()->resize(size);
    if (!co_await writer.Write(piece)) co_return false;
  }
  co_return true;
}

}  // namespace

void Ends::Tell(const std::string& id, const SeenReply& how) {
  std::optional<rhei::Promise<SeenReply>> promise;
  {
    const std::lock_guard lock(mutex_);
    ends_[id] = how;
    if (auto waiting = waiting_.extract(id)) promise = std::move(waiting.mapped());
  }
  if (promise) promise->Set(how);
}

Task<rhei::Result<SeenReply>> Ends::WaitFor(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (const auto end = ends_.find(id); end != ends_.end()) return end->second;
  return waiting_[id].task();
}

rhei::Error ToError(const interop::Failure& failure) {
  const auto code = rhei::StatusCodeFromNumber(failure.code()).value_or(rhei::StatusCode::kUnknown);
  return rhei::Error(code, failure.message()).WithDetails(failure.details());
}

Task<rhei::Result<interop::UploadReply>> StreamService::Upload(ServerContext& context, rhei::Reader<Step>& reader) {
  Watch watch(ends_, context);
  interop::UploadReply reply;
  while (const std::optional<Step> step = co_await reader.Next()) {
    watch.Count(*step);
    reply.set_messages(watch.messages());
    reply.set_bytes(reply.bytes() + step->payload().size());
    if (const std::optional<Status> end = watch.EndedBy(*step)) {
      if (!end->ok()) co_return end->error();
      co_return reply;
    }
  }
  watch.Complete();
  co_return reply;
}

Task<Status> StreamService::Download(ServerContext& context, const Step& step, rhei::Writer<Piece>& writer) {
  Watch watch(ends_, context);
  watch.Count(step);
  bool more = co_await SendPieces(step, writer);
  while (more && step.forever()) more = co_await SendPieces(step, writer);
  watch.Complete();
  co_return watch.EndedBy(step).value_or(Status());
}

Task<Status> StreamService::Chat(ServerContext& context, rhei::Reader<Step>& reader, rhei::Writer<Piece>& writer) {
  Watch watch(ends_, context);
  Step held;
  while (const std::optional<Step> step = co_await reader.Next()) {
    watch.Count(*step);
    if (step->hold()) {
      held = *step;
      continue;
    }
    co_await SendPieces(*step, writer);
    if (const std::optional<Status> end = watch.EndedBy(*step)) co_return *end;
  }
  co_await SendPieces(held, writer);
  watch.Complete();
  co_return watch.EndedBy(held).value_or(Status());
}

Task<rhei::Result<SeenReply>> StreamService::Seen(ServerContext&, const interop::SeenRequest& request) {
  return ends_.WaitFor(request.id());
}
