#include "rhei/call_streams.h"

#include <utility>

#include "runtime/loop.h"

namespace rhei::inline v0 {
namespace {

class BlockedThread final : public TaskObserver {
 public:
  void OnTaskDone() noexcept override { completion.Set(); }
  runtime::Completion completion;
};

}  // namespace

CallStreams::~CallStreams() = default;

MessageStream* CallStreams::Stream() {
  if (stream_ == nullptr && !over_) stream_ = OpenStream();
  return stream_;
}

MessageStream::Received CallStreams::TryRead(IncomingMessage& into) {
  MessageStream* const stream = Stream();
  if (stream == nullptr) return over_ ? MessageStream::Received::kEnd : MessageStream::Received::kNotYet;
  const MessageStream::Received received = stream->Receive(into);
  if (received == MessageStream::Received::kEnd) [[unlikely]]
    EndForFault(*stream);
  return received;
}

void CallStreams::EndForFault(const MessageStream& stream) {
  if (std::optional<Error> fault = stream.Fault()) EndFor(*std::move(fault), {});
}

bool CallStreams::Carry(Read& read) {
  if (read_ != nullptr) {
    EndFor(Error(StatusCode::kInternal, "a second read was begun while one waits: a call has one reader at a time",
                 Origin::kLocal),
           {});
    return true;
  }
  const MessageStream::Received received = TryRead(read.into);
  read.received = received == MessageStream::Received::kMessage;
  if (received != MessageStream::Received::kNotYet) return true;
  read_ = &read;
  return false;
}

bool CallStreams::Carry(Write& write) {
  if (write_ != nullptr) {
    EndFor(Error(StatusCode::kInternal, "a second write was begun while one waits: a call has one writer at a time",
                 Origin::kLocal),
           {});
    return true;
  }
  if (over_ || writing_ended_) return true;
  MessageStream* const stream = Stream();
  const MessageStream::Sending sending =
      stream == nullptr ? MessageStream::Sending::kNotYet : stream->CanSend(&write.message);
  if (sending == MessageStream::Sending::kNotYet) {
    write_ = &write;
    return false;
  }
  if (sending == MessageStream::Sending::kReady) {
    write.sent = stream->Send(write.message);
  }
  return true;
}

// What a thread of another executor begins is carried out on the call's loop; whoever waits for it keeps it, and with
// it the call.
template <typename AnyOperation>
bool CallStreams::BeginAnywhere(AnyOperation& operation) {
  runtime::Loop* const loop = home();
  if (loop == nullptr) return true;
  if (Executor::Current() == loop) return Carry(operation);
  auto carry = [this, &operation] {
    if (Carry(operation)) Tell(operation);
  };
  loop->Post(std::move(carry));
  return false;
}

bool CallStreams::Begin(Read& read) { return BeginAnywhere(read); }
bool CallStreams::Begin(Write& write) { return BeginAnywhere(write); }

template <typename AnyOperation>
void CallStreams::RunBlockingAnywhere(AnyOperation& operation) {
  runtime::Loop* const loop = home();
  if (loop == nullptr) return;
  if (!loop->MayAwait()) {
    return EndFor(Error(StatusCode::kFailedPrecondition,
                        "Wait() on an event loop's thread, which must not block: use co_await, or send the handler to "
                        "the pool with RunOn::kPool",
                        Origin::kLocal),
                  {});
  }
  BlockedThread blocked;
  operation.observer = &blocked;
  operation.resume_on = nullptr;
  if (!BeginAnywhere(operation)) loop->Await(blocked.completion);
}

void CallStreams::RunBlocking(Read& read) { RunBlockingAnywhere(read); }
void CallStreams::RunBlocking(Write& write) { RunBlockingAnywhere(write); }

void CallStreams::Tell(const Operation& operation) const {
  TaskObserver* const observer = operation.observer;
  Executor* const resume_on = operation.resume_on;
  if (resume_on == nullptr || resume_on == Executor::Current()) return observer->OnTaskDone();
  resume_on->Post([observer] { observer->OnTaskDone(); });
}

void CallStreams::Post(UniqueFunction<void()> work) {
  runtime::Loop* const loop = home();
  if (loop == nullptr) return;
  if (Executor::Current() == loop) return work();
  Keep();
  auto kept = [this, work = std::move(work)]() mutable {
    work();
    Unkeep();
  };
  loop->Post(std::move(kept));
}

void CallStreams::EndWriting() {
  Post([this] {
    if (std::exchange(writing_ended_, true)) return;
    if (Write* const write = std::exchange(write_, nullptr)) Tell(*write);
    if (stream_ != nullptr && !over_) stream_->EndSending();
  });
}

void CallStreams::SetPump(std::unique_ptr<Pump> pump) {
  auto set = [this, pump = std::move(pump)]() mutable {
    MakeCallbacks().pump = std::move(pump);
    RunPumpHere();
  };
  // Never from inside this call: what the pump tells comes after its caller has gone on.
  runtime::Loop* const loop = home();
  if (loop == nullptr) return set();
  Keep();
  auto kept = [this, set = std::move(set)]() mutable {
    set();
    Unkeep();
  };
  loop->Post(std::move(kept));
}

void CallStreams::RunPump() {
  Post([this] { RunPumpHere(); });
}

void CallStreams::RunPumpHere() {
  if (callbacks_ == nullptr || callbacks_->pump == nullptr || pump_ended_) return;
  Keep();
  callbacks_->pump->Run();
  if (pump_ended_) callbacks_->pump.reset();
  Unkeep();
}

CallStreams::Callbacks& CallStreams::MakeCallbacks() {
  if (callbacks_ == nullptr) callbacks_ = std::make_unique<Callbacks>();
  return *callbacks_;
}

void CallStreams::EndPump() { pump_ended_ = true; }

void CallStreams::OnReady(UniqueFunction<void()> ready) {
  Post([this, ready = std::move(ready)]() mutable {
    Callbacks& callbacks = MakeCallbacks();
    callbacks.ready = std::move(ready);
    if (callbacks.ready && IsReady()) callbacks.ready();
  });
}

bool CallStreams::IsReady() {
  if (over_ || writing_ended_ || write_ != nullptr) return false;
  MessageStream* const stream = Stream();
  return stream != nullptr && stream->CanSend(nullptr) == MessageStream::Sending::kReady;
}

bool CallStreams::TryWrite(const OutgoingMessage& message) { return IsReady() && stream_->Send(message); }

void CallStreams::OnReadable() {
  if (read_ == nullptr) return RunPumpHere();
  Read& read = *std::exchange(read_, nullptr);
  // Nothing of this is touched afterwards: its user may end the call.
  if (Carry(read)) Tell(read);
}

void CallStreams::OnWritable() {
  if (write_ != nullptr) {
    Write& write = *std::exchange(write_, nullptr);
    if (Carry(write)) Tell(write);
  } else if (callbacks_ != nullptr && callbacks_->ready) {
    Keep();
    callbacks_->ready();
    Unkeep();
  }
}

void CallStreams::Opened(MessageStream& stream) {
  stream_ = &stream;
  Keep();
  if (write_ != nullptr || IsReady()) OnWritable();
  if (writing_ended_ && !over_) stream.EndSending();
  if (!over_) OnReadable();
  Unkeep();
}

void CallStreams::Abandon() {
  if (callbacks_ != nullptr) *callbacks_ = Callbacks();
  Over();
}

void CallStreams::Over() {
  over_ = true;
  Write* const write = std::exchange(write_, nullptr);
  Read* const read = std::exchange(read_, nullptr);
  if (read != nullptr) read->received = TryRead(read->into) == MessageStream::Received::kMessage;
  if (read == nullptr) RunPumpHere();
  // Last: those who wait may let go of the call.
  if (write != nullptr) Tell(*write);
  if (read != nullptr) Tell(*read);
}

}  // namespace rhei::inline v0
