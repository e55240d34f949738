#include "server_streams.h"

#include <atomic>
#include <optional>

using grpc::CallbackServerContext;
using grpc::Status;
using interop::Piece;
using interop::SeenReply;
using interop::Step;

namespace {

// How the step ends the call, if it does.
std::optional<Status> EndedBy(const Step& step) {
  if (const interop::Failure& failure = step.failure(); failure.code() != 0) {
    return Status(static_cast<grpc::StatusCode>(failure.code()), failure.message(), failure.details());
  }
  return step.finish() ? std::optional(Status::OK) : std::nullopt;
}

class Upload final : public grpc::ServerReadReactor<Step> {
 public:
  explicit Upload(interop::UploadReply& reply) : reply_(reply) { StartRead(&step_); }

 private:
  void OnReadDone(bool received) override {
    if (!received) return Finish(Status::OK);
    reply_.set_messages(reply_.messages() + 1);
    reply_.set_bytes(reply_.bytes() + step_.payload().size());
    if (const std::optional<Status> end = EndedBy(step_)) return Finish(*end);
    StartRead(&step_);
  }
  void OnDone() override { delete this; }

  interop::UploadReply& reply_;
  Step step_;
};

// A stream of pieces, as steps say, one step after the other. Tells of its end.
template <typename Reactor>
class Talk : public Reactor {
 public:
  Talk(Ends& ends, CallbackServerContext& context) : ends_(ends), context_(context) {}

 protected:
  void Count(const Step& step) {
    id_ = step.id();
    seen_.set_messages(seen_.messages() + 1);
  }
  void Do(const Step& step) {
    step_ = step;
    sent_ = 0;
    Continue();
  }
  void Complete() {
    seen_.set_end(SeenReply::COMPLETE);
    this->Finish(Status::OK);
  }

 private:
  // After a step that did not end the call.
  virtual void Next() = 0;

  void Continue() {
    if (step_.forever() && sent_ == step_.reply_sizes_size()) sent_ = 0;
    if (sent_ < step_.reply_sizes_size()) {
      piece_.set_payload(step_.payload());
      piece_.mutable_payload()->resize(step_.reply_sizes(sent_++));
      return this->StartWrite(&piece_);
    }
    if (step_.reset()) context_.TryCancel();
    const std::optional<Status> end = step_.reset() ? Status::OK : EndedBy(step_);
    if (!end) return Next();
    seen_.set_end(end->ok() ? SeenReply::FINISHED : SeenReply::FAILED);
    this->Finish(*end);
  }
  void OnWriteDone(bool sent) override { sent ? Continue() : this->Finish(Status::OK); }
  void OnCancel() override { cancelled_ = true; }
  // The last of all that is called.
  void OnDone() override {
    if (cancelled_) seen_.set_end(SeenReply::CANCELLED);
    if (!id_.empty()) ends_.Tell(id_, seen_);
    delete this;
  }

  Ends& ends_;
  CallbackServerContext& context_;
  std::string id_;
  SeenReply seen_;
  Step step_;  // the one that is being done
  int sent_ = 0;
  Piece piece_;
  std::atomic<bool> cancelled_ = false;
};

class Download final : public Talk<grpc::ServerWriteReactor<Piece>> {
 public:
  Download(Ends& ends, CallbackServerContext& context, const Step& step) : Talk(ends, context) {
    Count(step);
    Do(step);
  }

 private:
  void Next() override { Complete(); }
};

class Chat final : public Talk<grpc::ServerBidiReactor<Step, Piece>> {
 public:
  Chat(Ends& ends, CallbackServerContext& context) : Talk(ends, context) { StartRead(&received_); }

 private:
  void OnReadDone(bool received) override {
    complete_ = !received;
    if (complete_) return Do(held_);
    Count(received_);
    if (!received_.hold()) return Do(received_);
    held_ = received_;
    StartRead(&received_);
  }
  void Next() override { complete_ ? Complete() : StartRead(&received_); }

  Step received_;
  Step held_;
  bool complete_ = false;
};

}  // namespace

void Ends::Tell(const std::string& id, const SeenReply& how) {
  const std::lock_guard lock(mutex_);
  ends_[id] = how;
  if (const auto guest = waiting_.extract(id)) {
    *guest.mapped().reply = how;
    guest.mapped().reactor->Finish(Status::OK);
  }
}

void Ends::Answer(const std::string& id, grpc::ServerUnaryReactor& reactor, SeenReply& reply) {
  const std::lock_guard lock(mutex_);
  if (const auto end = ends_.find(id); end != ends_.end()) {
    reply = end->second;
    reactor.Finish(Status::OK);
  } else {
    waiting_[id] = {&reactor, &reply};
  }
}

grpc::ServerReadReactor<Step>* StreamService::Upload(CallbackServerContext*, interop::UploadReply* reply) {
  return new ::Upload(*reply);
}

grpc::ServerWriteReactor<Piece>* StreamService::Download(CallbackServerContext* context, const Step* step) {
  return new ::Download(ends_, *context, *step);
}

grpc::ServerBidiReactor<Step, Piece>* StreamService::Chat(CallbackServerContext* context) {
  return new ::Chat(ends_, *context);
}

grpc::ServerUnaryReactor* StreamService::Seen(CallbackServerContext* context, const interop::SeenRequest* request,
                                              SeenReply* reply) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  ends_.Answer(request->id(), *reactor, *reply);
  return reactor;
}
