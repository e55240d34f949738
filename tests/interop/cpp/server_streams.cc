#include "server_streams.h"

#include <chrono>
#include <thread>

using grpc::ServerContext;
using grpc::Status;
using interop::Piece;
using interop::SeenReply;
using interop::Step;

namespace {

// One stream while its handler runs; tells of its end.
class Watch {
 public:
  Watch(Ends& ends, const ServerContext& context) : ends_(ends), context_(context) {}
  ~Watch() {
    if (context_.IsCancelled()) how_.set_end(SeenReply::CANCELLED);
    if (!id_.empty()) ends_.Tell(id_, how_);
  }

  void Count(const Step& step) {
    how_.set_messages(how_.messages() + 1);
    id_ = step.id();
  }
  std::uint32_t messages() const { return how_.messages(); }

  // Whether the step ends the call; then `status` is how.
  bool EndedBy(const Step& step, Status& status) {
    if (const interop::Failure& failure = step.failure(); failure.code() != 0) {
      how_.set_end(SeenReply::FAILED);
      status = Status(static_cast<grpc::StatusCode>(failure.code()), failure.message(), failure.details());
      return true;
    }
    if (step.finish()) how_.set_end(SeenReply::FINISHED);
    return step.finish();
  }
  // To be called when the steps have ended: the threads of gRPC hear of a cancellation only after that.
  void HearOfCancellation() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
    while (!id_.empty() && !context_.IsCancelled() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  }
  Status Complete() {
    how_.set_end(SeenReply::COMPLETE);
    return Status::OK;
  }

 private:
  Ends& ends_;
  const ServerContext& context_;
  std::string id_;
  SeenReply how_;
};

template <typename Stream>
bool SendPieces(const Step& step, Stream& stream) {
  for (const std::uint32_t size : step.reply_sizes()) {
    Piece piece;
    piece.set_payload(step.payload());
    piece.mutable_payload()->resize(size);
    if (!stream.Write(piece)) return false;
  }
  return true;
}

}  // namespace

void Ends::Tell(const std::string& id, const SeenReply& how) {
  const std::lock_guard lock(mutex_);
  ends_[id] = how;
  told_.notify_all();
}

SeenReply Ends::WaitFor(const std::string& id, const ServerContext& context) {
  std::unique_lock lock(mutex_);
  told_.wait_until(lock, context.deadline(), [&] { return ends_.contains(id); });
  return ends_[id];
}

Status StreamService::Upload(ServerContext* context, grpc::ServerReader<Step>* reader, interop::UploadReply* reply) {
  Watch watch(ends_, *context);
  Status status;
  for (Step step; reader->Read(&step);) {
    watch.Count(step);
    reply->set_messages(watch.messages());
    reply->set_bytes(reply->bytes() + step.payload().size());
    if (watch.EndedBy(step, status)) return status;
  }
  watch.HearOfCancellation();
  return watch.Complete();
}

Status StreamService::Download(ServerContext* context, const Step* step, grpc::ServerWriter<Piece>* writer) {
  Watch watch(ends_, *context);
  watch.Count(*step);
  while (SendPieces(*step, *writer) && step->forever()) {
  }
  Status status;
  return watch.EndedBy(*step, status) ? status : watch.Complete();
}

Status StreamService::Chat(ServerContext* context, grpc::ServerReaderWriter<Piece, Step>* stream) {
  Watch watch(ends_, *context);
  Status status;
  Step held;
  for (Step step; stream->Read(&step);) {
    watch.Count(step);
    if (step.hold()) {
      held = step;
      continue;
    }
    SendPieces(step, *stream);
    if (watch.EndedBy(step, status)) return status;
  }
  watch.HearOfCancellation();
  SendPieces(held, *stream);
  return watch.EndedBy(held, status) ? status : watch.Complete();
}

Status StreamService::Seen(ServerContext* context, const interop::SeenRequest* request, SeenReply* reply) {
  *reply = ends_.WaitFor(request->id(), *context);
  return Status::OK;
}
