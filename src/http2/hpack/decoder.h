// HPACK decoding (RFC 7541): header blocks in, header lists out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "http2/hpack/dynamic_table.h"
#include "http2/hpack/header_field.h"

namespace rhei::inline v0::http2 {

// What became of one header block. Whatever the outcome but kCompressionError, the dynamic table has followed the block
// to its end, so the next block decodes rightly.
enum class DecodeOutcome : std::uint8_t {
  kOk,
  kTooLarge,          // over the soft limit or the number of fields: the list is cut off, the call is to be refused
  kWayTooLarge,       // over the hard limit: the connection is to be ended
  kCompressionError,  // the block is broken (RFC 9113 §4.3): the connection is to be ended with COMPRESSION_ERROR
};

class HpackDecoder {
 public:
  struct Limits {
    std::uint32_t table_size = 4096;    // SETTINGS_HEADER_TABLE_SIZE that we advertise
    std::size_t list_soft = 8 * 1024;   // each field is charged name + value + 64
    std::size_t list_hard = 16 * 1024;
    std::uint32_t max_fields = 128;
  };

  explicit HpackDecoder(const Limits& limits);

  // Decodes one whole header block and appends its fields to `fields`, whose views point into `block`, into the
  // tables, or into memory of the decoder; they are valid as long as `block` is, until the next call of NextMessage.
  // Several blocks may be decoded between two calls of NextMessage (headers and trailers of one message).
  DecodeOutcome Decode(std::string_view block, std::vector<HeaderField>& fields);

  // The fields handed out so far are no longer looked at; their memory is used again.
  void NextMessage();

  // For tests and statistics.
  const DynamicTable& table() const { return table_; }

 private:
  // (owned by the hpack room)
  Limits limits_;
  DynamicTable table_;
};

}  // namespace rhei::inline v0::http2
