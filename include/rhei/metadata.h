// Metadata: the key-value pairs that travel beside a call's messages, in its headers and in its trailers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rhei::inline v0 {

// An ordered list of pairs; a key may occur more than once, and order is kept. Keys are lower case. The value of a key
// that ends in "-bin" is any bytes (the library does the base64 of the wire); every other value is printable ASCII.
//
// All pairs share one buffer, so a Metadata that is cleared and filled again allocates nothing. A value type: not
// thread-safe. Views that it hands out are valid until it is next changed.
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

  // Appends a pair. Nothing is checked here: a call with a key or value that the protocol forbids ends with
  // INTERNAL before anything is sent; see CheckMetadata.
  void Add(std::string_view key, std::string_view value);

  // The value of the first pair with this key.
  std::optional<std::string_view> Get(std::string_view key) const;

  // The values of all pairs with this key, in order.
  std::vector<std::string_view> GetAll(std::string_view key) const;

  // Removes all pairs with this key, and tells how many there were.
  std::size_t Remove(std::string_view key);

  void Clear();

  bool empty() const { return spans_.empty(); }
  std::size_t size() const { return spans_.size(); }
  Iterator begin() const;
  Iterator end() const;

  friend bool operator==(const Metadata& a, const Metadata& b);

 private:
  struct Span {
    std::uint32_t begin, key_size, value_size;
  };
  Entry At(std::size_t index) const;

  std::string bytes_;  // every key and value, one after the other
  std::vector<Span> spans_;
};

class Metadata::Iterator {
 public:
  using value_type = Entry;
  using difference_type = std::ptrdiff_t;
  using iterator_category = std::input_iterator_tag;

  Iterator() = default;
  Iterator(const Metadata* metadata, std::size_t index) : metadata_(metadata), index_(index) {}
  Entry operator*() const { return metadata_->At(index_); }
  Iterator& operator++() {
    ++index_;
    return *this;
  }
  Iterator operator++(int) { return {metadata_, index_++}; }
  friend bool operator==(const Iterator&, const Iterator&) = default;

 private:
  const Metadata* metadata_ = nullptr;
  std::size_t index_ = 0;
};

inline Metadata::Iterator Metadata::begin() const { return {this, 0}; }
inline Metadata::Iterator Metadata::end() const { return {this, spans_.size()}; }

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
