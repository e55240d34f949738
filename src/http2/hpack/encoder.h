// HPACK encoding (RFC 7541): header lists in, header blocks out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http2/hpack/dynamic_table.h"
#include "http2/hpack/header_field.h"

namespace rhei::inline v0::http2 {

// Names a list of fields that was registered to be sent often.
enum class HeaderTemplate : std::uint32_t { kNone = 0xffffffff };

class HpackEncoder {
 public:
  // The dynamic table is never larger than `max_table_size`, whatever the peer allows (CVE-2026-93492).
  explicit HpackEncoder(std::uint32_t max_table_size = 4096);

  // Remembers a list that will be sent often, such as the request headers of one method. Its fields but those
  // marked never_index enter the dynamic table when first sent; once they are there, encoding the template copies a few
  // bytes that were encoded before. Any number may be registered; beyond what the table holds they just cost more bytes.
  HeaderTemplate Register(std::span<const HeaderField> fields);

  // Appends to `block` the encoding of the template (kNone: of nothing), then of `extra`. A field of `extra` enters the
  // dynamic table when it is sent for the second time within a short memory, so that values which are never repeated
  // (timeouts, trace ids) push nothing out; never_index keeps it out for good.
  void Encode(HeaderTemplate prefix, std::span<const HeaderField> extra, std::string& block);

  // The peer's SETTINGS_HEADER_TABLE_SIZE; the change is announced at the begin of the next block (RFC 7541 §4.2).
  void SetPeerTableSize(std::uint32_t size);

  const DynamicTable& table() const { return table_; }

 private:
  DynamicTable table_;
};

}  // namespace rhei::inline v0::http2
