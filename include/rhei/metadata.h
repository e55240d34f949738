// Metadata: the key-value pairs that travel beside a call's messages, in its headers and in its trailers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rhei::inline v0 {

// An ordered list of pairs; a key may occur more than once, and order is kept. Keys are lower case. The value of a key
// that ends in "-bin" is any bytes (the library does the base64 of the wire); every other value is printable ASCII.
//
// An empty one is a pointer. All pairs share one block of pooled memory, so a Metadata that is cleared and filled again
// allocates nothing. A value type: not thread-safe. Views that it hands out are valid until it is next changed.
class Metadata {
 public:
  struct Entry {
    std::string_view key;
    std::string_view value;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  class Iterator;

  Metadata() = default;
  Metadata(std::initializer_list<std::pair<std::string_view, std::string_view>> entries);
  Metadata(const Metadata& other) {
    if (!other.empty()) CopyFrom(other);
  }
  Metadata(Metadata&& other) noexcept = default;
  Metadata& operator=(const Metadata& other) {
    if (this != &other) CopyFrom(other);
    return *this;
  }
  Metadata& operator=(Metadata&& other) noexcept = default;

  // Appends a pair. Nothing is checked here: a call with a key or value that the protocol forbids ends with
  // INTERNAL before anything is sent; see CheckMetadata.
  void Add(std::string_view key, std::string_view value);

  // The value of the first pair with this key.
  std::optional<std::string_view> Get(std::string_view key) const;

  // The values of all pairs with this key, in order.
  std::vector<std::string_view> GetAll(std::string_view key) const;

  // Removes all pairs with this key, and tells how many there were.
  std::size_t Remove(std::string_view key);

  void Clear() {
    if (block_ != nullptr) block_->count = block_->used = 0;
  }

  bool empty() const { return size() == 0; }
  std::size_t size() const { return block_ == nullptr ? 0 : block_->count; }
  Iterator begin() const;
  Iterator end() const;

  friend bool operator==(const Metadata& a, const Metadata& b);

 private:
  // In front of the pairs, each of which is a PairHead, its key and its value.
  struct Block {
    std::uint32_t capacity;  // in bytes, as used
    std::uint32_t used;
    std::uint32_t count;
  };
  struct PairHead {
    std::uint32_t key_size;
    std::uint32_t value_size;
  };
  struct FreeBlock {
    void operator()(Block* block) const noexcept;
  };
  using OwnedBlock = std::unique_ptr<Block, FreeBlock>;

  static OwnedBlock MakeBlock(std::size_t capacity);
  static char* BytesOf(Block& block) { return reinterpret_cast<char*>(&block + 1); }
  const char* bytes() const { return block_ == nullptr ? nullptr : BytesOf(*block_); }
  void CopyFrom(const Metadata& other);

  OwnedBlock block_;  // null: there was nothing to keep yet
};

class Metadata::Iterator {
 public:
  using value_type = Entry;
  using difference_type = std::ptrdiff_t;
  using iterator_category = std::input_iterator_tag;

  Iterator() = default;
  Entry operator*() const {
    const PairHead head = Head();
    const char* const key = pair_ + sizeof(PairHead);
    return {{key, head.key_size}, {key + head.key_size, head.value_size}};
  }
  Iterator& operator++() {
    const PairHead head = Head();
    pair_ += sizeof(PairHead) + head.key_size + head.value_size;
    return *this;
  }
  Iterator operator++(int) {
    const Iterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Iterator&, const Iterator&) = default;

 private:
  friend class Metadata;
  explicit Iterator(const char* pair) : pair_(pair) {}
  // Pairs lie as their bytes come, not aligned.
  PairHead Head() const {
    PairHead head;
    std::memcpy(&head, pair_, sizeof(head));
    return head;
  }

  const char* pair_ = nullptr;
};

inline Metadata::Iterator Metadata::begin() const { return Iterator(bytes()); }
inline Metadata::Iterator Metadata::end() const {
  return Iterator(block_ == nullptr ? nullptr : bytes() + block_->used);
}

// What is wrong with a pair that a user wants to send, in words that name the key; nothing when it may be sent.
// The rules are those of gRPC's PROTOCOL-HTTP2: keys of [0-9a-z_.-], no reserved "grpc-" or pseudo name, ASCII values
// of 0x20 to 0x7E without space at either end, any bytes under "-bin".
std::optional<std::string> CheckMetadata(std::string_view key, std::string_view value);

// The same for all pairs that are to be sent together, which must not take more than `max_size` bytes of a header list
// either: each pair counts its key, its value as it travels, and 64 bytes (see Limits::header_list_soft).
std::optional<std::string> CheckMetadata(const Metadata& metadata, std::size_t max_size);

// True for keys whose values are arbitrary bytes.
constexpr bool IsBinaryKey(std::string_view key) { return key.ends_with("-bin"); }

}  // namespace rhei::inline v0
