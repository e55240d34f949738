// StreamObserver: messages of a stream by callback, with flow control in the observer's hands where it wants it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "rhei/call_streams.h"
#include "rhei/message.h"
#include "rhei/result.h"

namespace rhei::inline v0 {

// Is told, on the call's loop, where it must not block: each message in its order, and then once how it ended. What it
// throws ends the call with UNKNOWN, and goes no further.
template <typename T>
class StreamObserver {
 public:
  virtual ~StreamObserver() = default;
  // `message` may be moved from.
  virtual void OnNext(T& message) = 0;
  // A client's call ended with this error; a server's call is not wanted any more.
  virtual void OnError(const Error& error) = 0;
  // A client's call ended with OK; a server's client has sent everything.
  virtual void OnCompleted() = 0;
  // A client's requests can be written again, after IsReady said no; also when the call begins.
  virtual void OnReady() {}
};

// Who says when the next message may come.
enum class Inbound : std::uint8_t {
  kAutomatic,  // messages come as fast as OnNext returns
  kManual,     // as many as were asked for by Request; the end needs no asking
};

// How many messages an observer has asked for: written on any thread, used up on the call's loop. Null: all.
using RequestedMessages = std::shared_ptr<std::atomic<std::size_t>>;

// Reads from the streams for an observer.
template <typename T>
class ObserverPump final : public CallStreams::Pump {
 public:
  ObserverPump(CallStreams& streams, std::shared_ptr<StreamObserver<T>> observer, RequestedMessages requested)
      : streams_(streams), observer_(std::move(observer)), requested_(std::move(requested)) {}

  void Run() override {
    // An observer's Request comes back here; the loop below sees what it asked for.
    if (std::exchange(running_, true)) return;
    try {
      while (RunOnce()) {
      }
    } catch (const std::exception& thrown) {
      EndThrown(thrown.what());
    } catch (...) {
      EndThrown("something that is no exception");
    }
    running_ = false;
  }

 private:
  // False: there is nothing to do just now.
  bool RunOnce() {
    if (ended_ || !Fetch()) return false;
    if (requested_ != nullptr) {
      if (requested_->load(std::memory_order_relaxed) == 0) return TellFailure();
      requested_->fetch_sub(1, std::memory_order_relaxed);
    }
    fetched_ = false;
    observer_->OnNext(message_);
    return true;
  }

  // Makes the next message be there, also before it was asked for: only so it is seen that there is none any more, and
  // the end is told to an observer that has asked for all messages there were.
  bool Fetch() {
    if (fetched_) return true;
    MessageInto<T> into(message_);
    const MessageStream::Received received = streams_.TryRead(into);
    fetched_ = received == MessageStream::Received::kMessage;
    if (received == MessageStream::Received::kEnd) TellEnd();
    return fetched_;
  }

  // A call that has failed ends for an observer that does not ask, too; the message that is there goes with it.
  bool TellFailure() {
    if (const std::optional<Status> ended = streams_.Ended(); ended && !ended->ok()) TellEnd();
    return false;
  }

  void TellEnd() {
    const std::optional<Status> ended = streams_.Ended();
    if (!ended) return;
    ended_ = true;
    streams_.EndPump();
    // It may own what owns this.
    const std::shared_ptr<StreamObserver<T>> observer = std::move(observer_);
    ended->ok() ? observer->OnCompleted() : observer->OnError(ended->error());
  }

  void EndThrown(std::string_view what) {
    ended_ = true;
    streams_.EndPump();
    streams_.EndFor(Error(StatusCode::kUnknown, "the observer of the call's messages threw an exception"), what);
  }

  CallStreams& streams_;
  std::shared_ptr<StreamObserver<T>> observer_;
  const RequestedMessages requested_;
  T message_;
  bool fetched_ = false;  // message_ waits for its turn
  bool running_ = false;
  bool ended_ = false;
};

}  // namespace rhei::inline v0
