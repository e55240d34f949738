// CallStreams: what Reader and Writer have in common on both sides: who waits for a message, and who waits to send one.
// For generated code and for those who write calls of another kind.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "rhei/executor.h"
#include "rhei/function.h"
#include "rhei/message.h"
#include "rhei/message_stream.h"
#include "rhei/pooled.h"
#include "rhei/result.h"
#include "rhei/task.h"

namespace rhei::inline v0 {

namespace runtime {
class Loop;
}

// One call's streams. Reads and writes may be begun on any thread, and are carried out on the call's loop; at most one
// read and one write wait at once.
class CallStreams : public MessageStream::Listener {
 public:
  // A read or a write, from its begin to its end kept by who waits for it.
  struct Operation {
    TaskObserver* observer = nullptr;
    Executor* resume_on = nullptr;  // null: the call's loop
  };
  struct Read : Operation {
    explicit Read(IncomingMessage& variable) : into(variable) {}
    IncomingMessage& into;
    bool received = false;  // false at its end: there is no message any more
  };
  struct Write : Operation {
    explicit Write(const OutgoingMessage& outgoing) : message(outgoing) {}
    const OutgoingMessage& message;
    bool sent = false;  // false at its end: the call is over
  };

  // True: it has ended. False: its observer is told when it has.
  bool Begin(Read& read);
  bool Begin(Write& write);
  // Blocks until it has ended. On a thread that must not block, the call ends with FAILED_PRECONDITION.
  void RunBlocking(Read& read);
  void RunBlocking(Write& write);

  // Nothing more will be written. Any thread.
  void EndWriting();

  // Takes messages as they come instead of a read that waits.
  class Pump {
   public:
    virtual ~Pump() = default;
    // On the call's loop: messages, or the end, may be there.
    virtual void Run() = 0;
  };
  // Any thread; the pump runs from the call's loop, soon for the first time.
  void SetPump(std::unique_ptr<Pump> pump);
  // Any thread: calls pump.Run() on the call's loop.
  void RunPump();
  // The pump has come to the end, and is destroyed when it returns.
  void EndPump();

  // Any thread. `ready` is called on the call's loop whenever a message could be sent, after that was not so; first
  // when the call begins.
  void OnReady(UniqueFunction<void()> ready);

  // --- on the call's loop ------------------------------------------------------------------------------------------
  MessageStream::Received TryRead(IncomingMessage& into);
  // False when it could not be sent just now.
  bool TryWrite(const OutgoingMessage& message);
  bool IsReady();

  // How the call ended: nothing while it goes on; else OK, or why not. For who has read to the end.
  virtual std::optional<Status> Ended() = 0;
  // The call ends with this error, through a mistake of its user or a message that cannot be read; also a client's
  // call whose server has said otherwise by now. `log` goes to the log only.
  virtual void EndFor(Error mistake, std::string_view log) = 0;

  void OnReadable() final;
  void OnWritable() final;

 protected:
  ~CallStreams();

  // The call's loop, constant; null: the call failed before it had one.
  virtual runtime::Loop* home() const = 0;
  // Keeps the call alive while something is under way that no operation of its user's waits for.
  virtual void Keep() {}
  virtual void Unkeep() {}
  // The stream of a call whose transport waits to be asked for it.
  virtual MessageStream* OpenStream() { return nullptr; }

  // The call is carried out, and its messages can come and go.
  void Opened(MessageStream& stream);
  // The stream is not used any more: another one will be opened, or the call is about to be over.
  void Lost() { stream_ = nullptr; }
  // The call is over. What its stream has received by then can still be read.
  void Over();
  // The same, where pump and callbacks are not to be used any more.
  void Abandon();

 private:
  template <typename AnyOperation>
  bool BeginAnywhere(AnyOperation& operation);
  template <typename AnyOperation>
  void RunBlockingAnywhere(AnyOperation& operation);
  // True: it has ended; else it waits.
  bool Carry(Read& read);
  bool Carry(Write& write);
  MessageStream* Stream();
  void EndForFault(const MessageStream& stream);
  void Tell(const Operation& operation) const;
  void Post(UniqueFunction<void()> work);
  void RunPumpHere();

  // Of those who do not await.
  struct Callbacks : Pooled {
    std::unique_ptr<Pump> pump;
    UniqueFunction<void()> ready;
  };
  Callbacks& MakeCallbacks();

  MessageStream* stream_ = nullptr;
  Read* read_ = nullptr;    // that waits
  Write* write_ = nullptr;  // that waits
  bool over_ = false;
  bool writing_ended_ = false;
  bool pump_ended_ = false;
  std::unique_ptr<Callbacks> callbacks_;  // null: none were given
};

}  // namespace rhei::inline v0
