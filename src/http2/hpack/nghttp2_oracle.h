// The HPACK coder of nghttp2, against which ours is compared. For tests and fuzzers only.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http2/hpack/dynamic_table.h"
#include "http2/hpack/test_support.h"

struct nghttp2_hd_deflater;
struct nghttp2_hd_inflater;

namespace rhei::inline v0::http2 {

class Nghttp2Inflater {
 public:
  Nghttp2Inflater();

  // Our SETTINGS_HEADER_TABLE_SIZE has been acknowledged.
  void SetTableSize(std::uint32_t size);

  // Decodes one whole block. False when nghttp2 refuses it; then no other may follow.
  bool Inflate(std::string_view block, std::vector<OwnedField>& fields);

  // In which way its dynamic table differs from ours, in words; empty when both are alike.
  std::string Difference(const DynamicTable& table) const;

 private:
  struct Delete {
    void operator()(nghttp2_hd_inflater* inflater) const;
  };
  std::unique_ptr<nghttp2_hd_inflater, Delete> inflater_;
};

class Nghttp2Deflater {
 public:
  // Its table is never larger than `max_table_size`.
  explicit Nghttp2Deflater(std::uint32_t max_table_size);

  // The peer's SETTINGS_HEADER_TABLE_SIZE.
  void SetPeerTableSize(std::uint32_t size);

  std::string Deflate(std::span<const OwnedField> fields);

 private:
  struct Delete {
    void operator()(nghttp2_hd_deflater* deflater) const;
  };
  std::unique_ptr<nghttp2_hd_deflater, Delete> deflater_;
};

// Whether our decoder has a reason of its own to refuse a block that nghttp2 takes for these fields. The reasons are:
//   - a field without a name (nghttp2 leaves these to its caller);
//   - more than two changes of the table's size (nghttp2 takes any number).
// Limits of the list are a third one, unless the decoder is given none.
bool MayRefuse(std::string_view block, const std::vector<OwnedField>& fields);

}  // namespace rhei::inline v0::http2
