// HPACK decoding (RFC 7541): header blocks in, header lists out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "http2/hpack/byte_arena.h"
#include "http2/hpack/dynamic_table.h"
#include "http2/hpack/header_field.h"
#include "http2/hpack/integer.h"

namespace rhei::inline v0::http2 {

// What became of one header block. With the first two, the dynamic table has followed the block to its end, so the next
// block decodes rightly; with the last two the connection is to be ended, and no more may be decoded.
enum class DecodeOutcome : std::uint8_t {
  kOk,
  kTooLarge,          // over the soft limit or the number of fields: the list is cut off, the call is to be refused
  kWayTooLarge,       // over the hard limit: the connection is to be ended
  kCompressionError,  // the block is broken (RFC 9113 §4.3): the connection is to be ended with COMPRESSION_ERROR
};

// The receiving end of one direction of a connection. What a block costs is bounded by the hard limit, however small
// the block is: fields are charged before they are copied, and the first one over the limit ends the work. Not
// thread-safe.
class HpackDecoder {
 public:
  struct Limits {
    std::uint32_t table_size = 4096;   // SETTINGS_HEADER_TABLE_SIZE that we advertise
    std::size_t list_soft = 8 * 1024;  // each field is charged name + value + 64
    std::size_t list_hard = 16 * 1024;
    std::uint32_t max_fields = 128;
  };

  explicit HpackDecoder(const Limits& limits);

  // Decodes one whole header block and appends its fields to `fields`, whose views point into `block`, into the
  // tables, or into memory of the decoder; they are valid as long as `block` is, until the next call of NextMessage.
  // Several blocks may be decoded between two calls of NextMessage (headers and trailers of one message); the limits
  // hold for each block.
  DecodeOutcome Decode(std::string_view block, std::vector<HeaderField>& fields);

  // The fields handed out so far are no longer looked at; their memory is used again.
  void NextMessage();

  // The peer has acknowledged our SETTINGS. Until then it may use a table of 4096 bytes, the protocol's initial value,
  // even when we advertise less; from then on its first block must lower the size (RFC 9113 §4.3.1). Need not be called
  // when `table_size` is 4096.
  void SettingsAcknowledged();

  // Gives back what is kept for the next message. Requires that nothing handed out is looked at any more.
  void Trim() {
    NextMessage();
    strings_.Trim();
    table_.Trim();
  }

  // For tests and statistics. The capacity is in bytes held on the heap.
  const DynamicTable& table() const { return table_; }
  std::size_t capacity() const { return table_.capacity() + strings_.capacity(); }

 private:
  struct Charges;
  struct Literal;

  bool ReadTableSizes(HpackInput& input);
  void ReadShortIndexes(HpackInput& input, Charges& charges, std::vector<HeaderField>& fields) const;
  std::optional<HeaderField> ReadIndexed(HpackInput& input);
  DecodeOutcome ReadLiteral(HpackInput& input, const Charges& charges, Literal& literal);
  DecodeOutcome ReadString(HpackInput& input, std::size_t capacity, std::string_view& text);
  std::optional<HeaderField> AtIndex(std::uint32_t index) const;

  Limits limits_;
  DynamicTable table_;
  ByteArena strings_;               // decoded from Huffman code since the last NextMessage
  std::uint32_t largest_table_;     // that the peer may choose now
  bool table_must_shrink_ = false;  // with the first instruction of the next block
};

}  // namespace rhei::inline v0::http2
