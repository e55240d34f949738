// AnyMessage: a message as an interceptor sees it, whatever its type.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "rhei/message.h"
#include "rhei/result.h"

namespace rhei::inline v0 {

// One message on its way. Its type is the one that its writer or its reader has: of a generated service or stub the
// protobuf message, of a generic one a std::string with its bytes. Valid while the hook runs that is shown it.
class AnyMessage {
 public:
  // The message, if it has this type; else null.
  template <typename T>
  const T* As() const {
    return type_ == &kMessageType<T> ? static_cast<const T*>(message_) : nullptr;
  }

  // The same, to be changed. A message that its writer still owns is copied first, once.
  template <typename T>
  T* Mutable() {
    if (type_ != &kMessageType<T>) return nullptr;
    if (variable_ == nullptr) {
      auto copy = std::make_unique<CopiedMessage<T>>(*static_cast<const T*>(message_));
      variable_ = &copy->typed();
      message_ = variable_;
      copy_ = std::move(copy);
    }
    return static_cast<T*>(variable_);
  }

  // Puts another one in its place. One of another type is not taken: the call ends with INTERNAL.
  template <typename T>
  void Set(T message) {
    static_assert(!std::is_reference_v<T>);
    if (T* const variable = Mutable<T>()) {
      *variable = std::move(message);
    } else {
      set_wrongly_ = true;
    }
  }

  // How many bytes it has when serialised; nothing when it cannot be.
  std::optional<std::size_t> Size() const {
    if (copy_ != nullptr) return copy_->outgoing().Size();
    return incoming_ != nullptr ? incoming_->Size() : outgoing_->Size();
  }

  // --- for the library -----------------------------------------------------------------------------------------------
  explicit AnyMessage(IncomingMessage& message)
      : type_(message.type()), message_(message.variable()), variable_(message.variable()), incoming_(&message) {}
  explicit AnyMessage(const OutgoingMessage& message)
      : type_(message.type()), message_(message.message()), outgoing_(&message) {}
  explicit AnyMessage(HeldMessage& message)
      : type_(message.type()),
        message_(message.message()),
        variable_(message.message()),
        outgoing_(&message.outgoing()) {}
  AnyMessage(const AnyMessage&) = delete;
  AnyMessage& operator=(const AnyMessage&) = delete;

  bool set_wrongly() const { return set_wrongly_; }
  // Of one that was outgoing: what is to be sent.
  const OutgoingMessage& outgoing() const { return copy_ != nullptr ? copy_->outgoing() : *outgoing_; }

 private:
  const MessageType* const type_;
  const void* message_;
  void* variable_ = nullptr;  // the same where it may be changed
  IncomingMessage* const incoming_ = nullptr;
  const OutgoingMessage* const outgoing_ = nullptr;
  std::unique_ptr<HeldMessage> copy_;  // that is sent instead
  bool set_wrongly_ = false;
};

// Is shown a message. For the library.
class MessageVisitor {
 public:
  virtual Status Visit(AnyMessage& message) = 0;

 protected:
  ~MessageVisitor() = default;
};

}  // namespace rhei::inline v0
