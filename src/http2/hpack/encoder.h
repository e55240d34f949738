// HPACK encoding (RFC 7541): header lists in, header blocks out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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

  // What Encode would append for the template alone, if that is known already; else nothing. Valid until the next call.
  std::string_view Encoded(HeaderTemplate prefix) const {
    if (prefix == HeaderTemplate::kNone || smallest_size_) return {};
    const Template& list = templates_[static_cast<std::size_t>(prefix)];
    return list.version == table_.version() ? std::string_view(list.bytes) : std::string_view();
  }

  // The peer's SETTINGS_HEADER_TABLE_SIZE; the change is announced at the begin of the next block (RFC 7541 §4.2).
  void SetPeerTableSize(std::uint32_t size);

  // Gives back memory that only makes later blocks shorter: what was sent lately is forgotten, but for what the table
  // holds.
  void Trim() {
    recent_.reset();
    table_.Trim();
  }

  const DynamicTable& table() const { return table_; }

 private:
  // A field of templates; those that share it share its entry in the table. Small, for each connection of a server has
  // some.
  struct TemplateField {
    std::uint32_t text;  // where in template_text_ its name begins, which its value follows
    std::uint32_t name_size;
    std::uint32_t value_size;
    std::uint32_t static_index;  // as StaticMatch
    bool static_whole;
    bool never_index;
    std::uint64_t entry = 0;  // where it was inserted last
  };
  struct Template {
    std::uint32_t first_field;  // in template_places_
    std::uint32_t field_count;
    std::string bytes;  // its encoding, as long as the table's version is this one:
    std::uint64_t version = kNoVersion;
  };
  static constexpr std::uint64_t kNoVersion = UINT64_MAX;
  // Finds a field of templates by what it says: sorted by hash, of which there may be equal ones.
  struct Interned {
    std::uint32_t hash;
    std::uint32_t place;  // in template_fields_
  };
  // A name, and its index if a table has it.
  struct Name {
    std::string_view text;
    std::uint64_t hash;
    std::uint32_t index;
  };

  std::uint32_t Intern(const HeaderField& field);
  std::string_view NameOf(const TemplateField& field) const {
    return std::string_view(template_text_).substr(field.text, field.name_size);
  }
  std::string_view ValueOf(const TemplateField& field) const {
    return std::string_view(template_text_).substr(field.text + field.name_size, field.value_size);
  }
  RecentFields& Recent();
  void AnnounceTableSize(std::string& block);
  void EncodeTemplate(Template& list, std::string& block);
  void EncodeTemplateField(TemplateField& field, std::string& block);
  void EncodeExtra(const HeaderField& field, std::string& block);
  std::uint64_t EnterTemplateField(const TemplateField& field, std::string& block);
  std::uint64_t EncodeAndInsert(const Name& name, std::string_view value, std::uint64_t field_hash, std::string& block);

  std::uint32_t max_table_size_;
  DynamicTable table_;
  // Sizes to announce: the smallest since the last block, and the one that holds.
  std::optional<std::uint32_t> smallest_size_;
  std::unique_ptr<RecentFields> recent_;  // from the first extra field on
  std::string template_text_;
  std::vector<TemplateField> template_fields_;
  std::vector<Interned> interned_;
  std::vector<std::uint32_t> template_places_;  // of fields in template_fields_, template after template
  std::vector<Template> templates_;
};

}  // namespace rhei::inline v0::http2
