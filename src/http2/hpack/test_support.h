// What the tests of this folder share.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "http2/hpack/decoder.h"
#include "http2/hpack/dynamic_table.h"
#include "http2/hpack/header_field.h"

namespace rhei::inline v0::http2 {

// The bytes of "8286 8441"; blanks are skipped.
inline std::string FromHex(std::string_view hex) {
  std::string bytes;
  int digits = 0;
  int value = 0;
  for (const char c : hex) {
    if (c == ' ') continue;
    value = value * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
    if (++digits % 2 == 0) {
      bytes.push_back(static_cast<char>(value));
      value = 0;
    }
  }
  return bytes;
}

// A field that owns its strings, to be compared and printed.
struct OwnedField {
  std::string name;
  std::string value;
  bool never_index = false;
  friend bool operator==(const OwnedField&, const OwnedField&) = default;
  friend std::ostream& operator<<(std::ostream& out, const OwnedField& field) {
    return out << field.name << ": " << field.value << (field.never_index ? " (never indexed)" : "");
  }
};

inline std::vector<OwnedField> Own(const std::vector<HeaderField>& fields) {
  std::vector<OwnedField> owned;
  owned.reserve(fields.size());
  for (const HeaderField& field : fields) {
    owned.push_back({std::string(field.name), std::string(field.value), field.never_index});
  }
  return owned;
}

// A table's entries, newest first.
inline std::vector<OwnedField> Entries(const DynamicTable& table) {
  std::vector<HeaderField> fields;
  for (std::size_t i = 0; i < table.entry_count(); ++i) fields.push_back(table.AtEntry(table.newest() - i));
  return Own(fields);
}

// What a decoder made of a block.
struct Decoded {
  DecodeOutcome outcome;
  std::vector<OwnedField> fields;
};

inline Decoded DecodeBlock(HpackDecoder& decoder, std::string_view block) {
  std::vector<HeaderField> fields;
  const DecodeOutcome outcome = decoder.Decode(block, fields);
  Decoded decoded{outcome, Own(fields)};
  decoder.NextMessage();
  return decoded;
}

}  // namespace rhei::inline v0::http2
