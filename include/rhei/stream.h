// Reader and Writer: the two directions of a streaming call, the same on both sides.
#pragma once

#include <coroutine>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "rhei/call_streams.h"
#include "rhei/message.h"
#include "rhei/stream_observer.h"
#include "rhei/task.h"

namespace rhei::inline v0 {

// A read or a write, as a coroutine awaits it or a thread waits for it.
template <typename Operation>
class StreamAwaiter : public TaskObserver {
 public:
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> frame) {
    frame_ = frame;
    operation_.observer = this;
    operation_.resume_on = Executor::Current();
    return !streams_.Begin(operation_);
  }
  void OnTaskDone() noexcept final { frame_.resume(); }

 protected:
  // The message may begin its life later than this.
  template <typename Message>
  StreamAwaiter(CallStreams& streams, Message& message) : streams_(streams), operation_(message) {}
  StreamAwaiter(const StreamAwaiter&) = delete;
  StreamAwaiter& operator=(const StreamAwaiter&) = delete;
  ~StreamAwaiter() = default;

  void RunBlocking() { streams_.RunBlocking(operation_); }
  const Operation& operation() const { return operation_; }

 private:
  CallStreams& streams_;
  Operation operation_;
  std::coroutine_handle<> frame_;
};

// What Reader::Next gives: to be awaited, or waited for.
template <typename T>
class [[nodiscard("a read is done by co_await or Wait()")]] NextMessage final
    : public StreamAwaiter<CallStreams::Read> {
 public:
  explicit NextMessage(CallStreams& streams)
      : StreamAwaiter(streams, into_), message_(std::in_place), into_(*message_) {}

  std::optional<T> await_resume() { return Take(); }
  // Blocks; not on a loop's thread.
  std::optional<T> Wait() {
    RunBlocking();
    return Take();
  }

 private:
  std::optional<T> Take() { return operation().received ? std::move(message_) : std::nullopt; }

  std::optional<T> message_;
  MessageInto<T> into_;
};

// The same into a variable of the reader's.
template <typename T>
class [[nodiscard("a read is done by co_await or Wait()")]] NextMessageInto final
    : public StreamAwaiter<CallStreams::Read> {
 public:
  NextMessageInto(CallStreams& streams, T& message) : StreamAwaiter(streams, into_), into_(message) {}

  bool await_resume() const { return operation().received; }
  bool Wait() {
    RunBlocking();
    return operation().received;
  }

 private:
  MessageInto<T> into_;
};

// What Writer::Write gives: to be awaited, or waited for.
template <typename T>
class [[nodiscard("a write is done by co_await or Wait()")]] MessageWrite final
    : public StreamAwaiter<CallStreams::Write> {
 public:
  MessageWrite(CallStreams& streams, const T& message) : StreamAwaiter(streams, from_), from_(message) {}
  MessageWrite(CallStreams& streams, T&& message) : StreamAwaiter(streams, from_), from_(std::move(message)) {}

  bool await_resume() const { return operation().sent; }
  bool Wait() {
    RunBlocking();
    return operation().sent;
  }

 private:
  MessageFrom<T> from_;
};

// The messages that the peer sends, in their order:
//
//     while (std::optional<Request> request = co_await reader.Next()) ...
//
// One read may be in flight at once, and beside it one of the writer's. Belongs to its call: on a server it lives until
// the handler has ended, on a client as long as the call's handle. A peer that sends faster than this side reads is
// held up by its windows.
template <typename T>
class Reader {
 public:
  explicit Reader(CallStreams& streams) : streams_(streams) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // The next message. Nothing: there is none any more, because the peer has said everything, or the call is over. Which
  // of these, a client learns from Finish, a server from its context's IsCancelled.
  NextMessage<T> Next() { return NextMessage<T>(streams_); }
  // The same into `message`, whose memory is used again; `message` outlives the read. False: there is none any more.
  NextMessageInto<T> Next(T& message) { return NextMessageInto<T>(streams_, message); }

  // Gives the messages to an observer as they come, instead of to Next; on the call's loop, also where the handler runs
  // in the pool. On a client, use the call's Observe.
  void Observe(std::shared_ptr<StreamObserver<T>> observer, Inbound inbound = Inbound::kAutomatic) {
    if (inbound == Inbound::kManual) requested_ = std::make_shared<std::atomic<std::size_t>>(0);
    streams_.SetPump(std::make_unique<ObserverPump<T>>(streams_, std::move(observer), requested_));
  }
  // With Inbound::kManual, after Observe: `count` more messages may be given to the observer. Any thread. Else it does
  // nothing.
  void Request(std::size_t count) {
    if (requested_ == nullptr) return;
    requested_->fetch_add(count, std::memory_order_relaxed);
    streams_.RunPump();
  }

 private:
  CallStreams& streams_;
  RequestedMessages requested_;  // shared with the pump
};

// Messages for the peer:
//
//     if (!co_await writer.Write(reply)) break;   // the call is over
//
// One write may be in flight at once, and beside it one of the reader's. A writer that outruns its peer waits: no more
// than Limits::stream_write_buffer bytes of a stream, and Limits::write_buffer of its connection, wait to be sent,
// beside one message of this stream; of a connection that holds so much, only messages that its windows let through at
// once are taken, and on a server up to as many bytes again of those that they let begin.
template <typename T>
class Writer {
 public:
  explicit Writer(CallStreams& streams) : streams_(streams) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Sends a message, as soon as there is room for it. True: it is on its way, which does not say that the peer will
  // have it. False: the call is over; a client learns why from Finish. `message` stays as it is until then.
  MessageWrite<T> Write(const T& message) { return MessageWrite<T>(streams_, message); }
  // The same of a message that is not needed any more: large fields of it are sent without being copied, and inside of
  // a process it is handed over.
  MessageWrite<T> Write(T&& message) { return MessageWrite<T>(streams_, std::move(message)); }

  // Nothing more will be written. On a client the server is told that the requests are complete. A server's replies are
  // complete when its handler ends. Any thread.
  void WritesDone() { streams_.EndWriting(); }

  // The rest is for the call's loop, where observers and callbacks run, and does not wait.

  // Whether a message would be sent at once. When it says no, OnReady follows, unless the call ends.
  bool IsReady() { return streams_.IsReady(); }
  // Sends it if IsReady, else does nothing and returns false.
  [[nodiscard("a message that was not sent has to be kept until OnReady")]] bool TryWrite(const T& message) {
    return streams_.TryWrite(MessageFrom<T>(message));
  }
  // The same of a message that is not needed any more once it is sent; where it was not, it is as it was.
  [[nodiscard("a message that was not sent has to be kept until OnReady")]] bool TryWrite(T&& message) {
    return streams_.TryWrite(MessageFrom<T>(std::move(message)));
  }
  // `ready` is called on the call's loop whenever IsReady has become true again, and when the call begins; on a server
  // also when nobody waits for more, where IsReady said no before.
  void OnReady(UniqueFunction<void()> ready) { streams_.OnReady(std::move(ready)); }

 private:
  CallStreams& streams_;
};

}  // namespace rhei::inline v0
