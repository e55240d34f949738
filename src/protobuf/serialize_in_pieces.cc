#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "rhei/message_pieces.h"
#include "rhei/pooled.h"
#include "rhei/protobuf.h"

namespace rhei::inline v0 {
namespace {

// Fields from this size on are not copied.
constexpr std::size_t kLargeField = 4 * 1024;
// Small ones are collected in pieces of this size: less than a large field, because protobuf copies by itself what fits
// into the room that it was given.
constexpr std::size_t kRoom = 4000;
// A message is kept where its large fields are nearly all of it. Of many small ones it would keep much more memory than
// they have bytes, and that while a peer takes its time to read them.
constexpr std::size_t kSmallPart = 8;

class PiecesOutput final : public google::protobuf::io::ZeroCopyOutputStream {
 public:
  PiecesOutput(std::shared_ptr<const void> message, std::size_t size)
      : message_(std::move(message)), size_(size), room_(MessagePieces::kPrefix + kRoom) {}

  MessagePieces Take() {
    EndRoom();
    return std::move(pieces_);
  }

  bool Next(void** data, int* size) override {
    if (used_ == room_.size()) EndRoom();
    if (room_.empty()) BeginRoom();
    *data = room_.data() + used_;
    *size = static_cast<int>(room_.size() - used_);
    used_ = room_.size();
    return true;
  }

  void BackUp(int count) override { used_ -= static_cast<std::size_t>(count); }

  std::int64_t ByteCount() const override { return static_cast<std::int64_t>(pieces_.size() + used_); }

  bool AllowsAliasing() const override { return true; }

  bool WriteAliasedRaw(const void* data, int size) override {
    const std::string_view bytes(static_cast<const char*>(data), static_cast<std::size_t>(size));
    if (bytes.size() < kLargeField || in_one_) {
      Copy(bytes);
    } else {
      EndRoom();
      pieces_.further.emplace_back(bytes, message_);
    }
    return true;
  }

 private:
  void Copy(std::string_view bytes) {
    while (!bytes.empty()) {
      void* room = nullptr;
      int size = 0;
      Next(&room, &size);
      const std::string_view part = bytes.substr(0, static_cast<std::size_t>(size));
      std::memcpy(room, part.data(), part.size());
      bytes.remove_prefix(part.size());
      BackUp(size - static_cast<int>(part.size()));
    }
  }

  void BeginRoom() {
    if (copied_ > size_ / kSmallPart && !in_one_) return GoOnInOne();
    room_ = PooledBytes(kRoom);
    used_ = 0;
  }

  // What has been put into it is a piece; also where that is nothing but the first one's prefix.
  void EndRoom() {
    if (room_.empty()) return;
    room_.Shorten(used_);
    copied_ += used_;
    if (pieces_.first.empty()) {
      pieces_.first = std::move(room_);
    } else if (used_ != 0) {
      pieces_.further.push_back(std::move(room_));
    }
    room_ = PooledBytes();
    used_ = 0;
  }

  // All that there is, and all that is to come, in one piece.
  void GoOnInOne() {
    in_one_ = true;
    room_ = PooledBytes(MessagePieces::kPrefix + size_);
    const MessagePieces before = std::exchange(pieces_, {});
    Append(before.first.view());
    for (const PooledBytes& piece : before.further) Append(piece.view());
  }

  void Append(std::string_view bytes) {
    std::memcpy(room_.data() + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
  }

  const std::shared_ptr<const void> message_;
  const std::size_t size_;
  MessagePieces pieces_;
  PooledBytes room_;  // the piece that is being filled; none while it is not begun
  std::size_t used_ = MessagePieces::kPrefix;
  std::size_t copied_ = 0;
  bool in_one_ = false;
};

}  // namespace

MessagePieces SerializeInPieces(std::shared_ptr<const google::protobuf::MessageLite> message) {
  const google::protobuf::MessageLite& of = *message;
  PiecesOutput output(std::move(message), of.ByteSizeLong());
  {
    google::protobuf::io::CodedOutputStream coded(&output);
    coded.EnableAliasing(true);
    of.SerializeWithCachedSizes(&coded);
  }
  return output.Take();
}

}  // namespace rhei::inline v0
