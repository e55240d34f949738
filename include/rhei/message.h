// Messages on their way: how a transport handles a message whose type only its two ends know. For those who write
// transports; users have Reader and Writer.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "rhei/codec.h"
#include "rhei/message_pieces.h"
#include "rhei/pooled.h"

namespace rhei::inline v0 {

// Names a message type by its address: one object for each type.
struct MessageType {};
template <typename T>
inline constexpr MessageType kMessageType{};

// Where a message goes to: a variable of the reader's.
class IncomingMessage {
 public:
  // Replaces what was there; false: the bytes are broken.
  virtual bool Read(std::string_view bytes) = 0;

  // As a Codec's, of what is there.
  virtual std::optional<std::size_t> Size() const = 0;

  // The variable, if it has this type; else null.
  template <typename T>
  T* As() {
    return type_ == &kMessageType<T> ? static_cast<T*>(variable_) : nullptr;
  }
  const MessageType* type() const { return type_; }
  void* variable() const { return variable_; }

 protected:
  template <typename T>
  explicit IncomingMessage(T& variable) : type_(&kMessageType<T>), variable_(&variable) {}
  ~IncomingMessage() = default;

 private:
  const MessageType* const type_;
  void* const variable_;
};

class OutgoingMessage;

// A message that is kept: for a reader who has not asked for it yet, or to be sent later.
class HeldMessage : public Pooled {
 public:
  virtual ~HeldMessage() = default;
  // Once. False: the reader's type is another one, and cannot read these bytes.
  virtual bool MoveInto(IncomingMessage& into) = 0;
  // The same message, to be sent, and to be read into.
  virtual const OutgoingMessage& outgoing() const = 0;
  virtual IncomingMessage& incoming() = 0;
  const MessageType* type() const { return type_; }
  void* message() const { return message_; }

 protected:
  template <typename T>
  explicit HeldMessage(T& message) : type_(&kMessageType<T>), message_(&message) {}

 private:
  const MessageType* const type_;
  void* const message_;
};

// A message of the writer's, who keeps it unchanged while it is being sent, or gives it away.
class OutgoingMessage {
 public:
  // As a Codec's: bytes that Write fills, right after Size. Nothing: it cannot be serialised.
  virtual std::optional<std::size_t> Size() const = 0;
  virtual void Write(char* to) const = 0;

  // The rest is done once, and takes what the writer gives away.
  // Instead of Write: the bytes in memory of their own, or where they are. Right after Size, which said `size`.
  virtual MessagePieces Pieces(std::size_t size) const = 0;
  // For a transport that hands messages over inside of a process: the message, without bytes for readers of its type.
  virtual std::unique_ptr<HeldMessage> Hold() const = 0;

  const MessageType* type() const { return type_; }
  const void* message() const { return message_; }

 protected:
  template <typename T>
  explicit OutgoingMessage(const T& message) : type_(&kMessageType<T>), message_(&message) {}
  ~OutgoingMessage() = default;

 private:
  const MessageType* const type_;
  const void* const message_;
};

template <typename T>
class MessageInto final : public IncomingMessage {
 public:
  explicit MessageInto(T& variable) : IncomingMessage(variable), variable_(variable) {}
  bool Read(std::string_view bytes) override { return Codec<T>::Read(bytes, variable_); }
  std::optional<std::size_t> Size() const override { return Codec<T>::Size(variable_); }

 private:
  T& variable_;
};

template <typename T>
class MessageFrom final : public OutgoingMessage {
 public:
  explicit MessageFrom(const T& message) : OutgoingMessage(message) {}
  // That its writer gives away.
  explicit MessageFrom(T&& message) : OutgoingMessage(message), given_(&message) {}
  std::optional<std::size_t> Size() const override { return Codec<T>::Size(typed()); }
  void Write(char* to) const override { Codec<T>::Write(typed(), to); }
  MessagePieces Pieces(std::size_t size) const override {
    return given_ != nullptr ? ToPieces(std::move(*given_), size) : ToPieces(typed(), size);
  }
  std::unique_ptr<HeldMessage> Hold() const override;

 private:
  const T& typed() const { return *static_cast<const T*>(message()); }

  T* const given_ = nullptr;
};

template <typename T>
class CopiedMessage final : public HeldMessage {
 public:
  explicit CopiedMessage(const T& message) : HeldMessage(message_), message_(message) {}
  explicit CopiedMessage(T&& message) : HeldMessage(message_), message_(std::move(message)) {}

  bool MoveInto(IncomingMessage& into) override {
    if (T* const variable = into.As<T>()) {
      *variable = std::move(message_);
      return true;
    }
    const std::optional<std::size_t> size = Codec<T>::Size(message_);
    if (!size) return false;
    std::string bytes(*size, '\0');
    Codec<T>::Write(message_, bytes.data());
    return into.Read(bytes);
  }
  const OutgoingMessage& outgoing() const override { return outgoing_; }
  IncomingMessage& incoming() override { return incoming_; }
  T& typed() { return message_; }

 private:
  T message_;
  const MessageFrom<T> outgoing_{message_};
  MessageInto<T> incoming_{message_};
};

template <typename T>
std::unique_ptr<HeldMessage> MessageFrom<T>::Hold() const {
  if (given_ != nullptr) return std::make_unique<CopiedMessage<T>>(std::move(*given_));
  return std::make_unique<CopiedMessage<T>>(typed());
}

// A message of these bytes; null: they are broken.
template <typename T>
std::unique_ptr<HeldMessage> ReadHeld(std::string_view bytes) {
  auto message = std::make_unique<CopiedMessage<T>>(T());
  if (!Codec<T>::Read(bytes, message->typed())) return nullptr;
  return message;
}

}  // namespace rhei::inline v0
