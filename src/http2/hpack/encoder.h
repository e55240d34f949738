// HPACK encoding (RFC 7541): header lists in, header blocks out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http2/hpack/dynamic_table.h"
#include "http2/hpack/header_field.h"
#include "http2/hpack/recent_fields.h"
#include "http2/hpack/static_table.h"

namespace rhei::inline v0::http2 {

// Names a list of fields that was registered to be sent often.
enum class HeaderTemplate : std::uint32_t { kNone = 0xffffffff };

// The sending end of one direction of a connection. The blocks must be sent in the order in which they were encoded.
// Not thread-safe.
class HpackEncoder {
 public:
  // The dynamic table is never larger than `max_table_size`, whatever the peer allows (CVE-2026-93492).
  explicit HpackEncoder(std::uint32_t max_table_size = 4096);

  // Remembers a list that will be sent often, such as the request headers of one method. Its fields but those
  // marked never_index enter the dynamic table when first sent; once they are there, encoding the template copies a few
  // bytes that were encoded before. Any number may be registered; beyond what the table holds they just cost more
  // bytes.
  HeaderTemplate Register(std::span<const HeaderField> fields);

  // Appends to `block` the encoding of the template (kNone: of nothing), then of `extra`. A field of `extra` enters the
  // dynamic table when it is sent for the second time within a short memory, so that values which are never repeated
  // (timeouts, trace ids) push nothing out; only where their name alone comes again and again, one of them enters for
  // its name's sake. never_index keeps a field out for good, and so does a size of more than a quarter of the table.
  void Encode(HeaderTemplate prefix, std::span<const HeaderField> extra, std::string& block);

  // The peer's SETTINGS_HEADER_TABLE_SIZE; the change is announced at the begin of the next block (RFC 7541 §4.2).
  void SetPeerTableSize(std::uint32_t size);

  const DynamicTable& table() const { return table_; }

 private:
  // A field of templates; those that share it share its entry in the table.
  struct TemplateField {
    std::string name;
    std::string value;
    bool never_index;
    StaticMatch match;
    std::uint64_t name_hash;
    std::uint64_t field_hash;
    std::uint64_t entry = 0;  // where it was inserted last
  };
  struct Template {
    std::vector<std::uint32_t> fields;  // places in template_fields_
    std::string bytes;                  // its encoding, as long as the table's version is this one:
    std::optional<std::uint64_t> version;
  };
  // A name, and its index if a table has it.
  struct Name {
    std::string_view text;
    std::uint64_t hash;
    std::uint32_t index;
  };

  std::uint32_t Intern(const HeaderField& field);
  void AnnounceTableSize(std::string& block);
  void EncodeTemplate(Template& list, std::string& block);
  void EncodeTemplateField(TemplateField& field, std::string& block);
  void EncodeExtra(const HeaderField& field, std::string& block);
  std::uint64_t EncodeAndInsert(const Name& name, std::string_view value, std::uint64_t field_hash, std::string& block);

  std::uint32_t max_table_size_;
  DynamicTable table_;
  // Sizes to announce: the smallest since the last block, and the one that holds.
  std::optional<std::uint32_t> smallest_size_;
  RecentFields recent_;
  std::vector<TemplateField> template_fields_;
  std::unordered_map<std::uint64_t, std::uint32_t> interned_;  // by hash, to places in template_fields_
  std::vector<Template> templates_;
};

}  // namespace rhei::inline v0::http2
