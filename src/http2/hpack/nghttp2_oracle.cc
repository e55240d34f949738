#include "http2/hpack/nghttp2_oracle.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>

#include "http2/hpack/integer.h"
#include "http2/hpack/static_table.h"

namespace rhei::inline v0::http2 {
namespace {

std::string_view View(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

std::uint8_t* Bytes(const std::string& text) {
  return reinterpret_cast<std::uint8_t*>(
      const_cast<char*>(text.data()));  // nghttp2 takes what it only reads as mutable
}

}  // namespace

Nghttp2Inflater::Nghttp2Inflater() {
  nghttp2_hd_inflater* inflater = nullptr;
  nghttp2_hd_inflate_new(&inflater);
  inflater_.reset(inflater);
}

void Nghttp2Inflater::SetTableSize(std::uint32_t size) { nghttp2_hd_inflate_change_table_size(inflater_.get(), size); }

bool Nghttp2Inflater::Inflate(std::string_view block, std::vector<OwnedField>& fields) {
  const auto* next = reinterpret_cast<const std::uint8_t*>(block.data());
  std::size_t left = block.size();
  while (true) {
    nghttp2_nv field;
    int flags = 0;
    const ssize_t used = nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags, next, left, 1);
    if (used < 0) return false;
    next += used;
    left -= static_cast<std::size_t>(used);
    if (flags & NGHTTP2_HD_INFLATE_EMIT) {
      fields.push_back({std::string(View(field.name, field.namelen)), std::string(View(field.value, field.valuelen)),
                        (field.flags & NGHTTP2_NV_FLAG_NO_INDEX) != 0});
    }
    if (flags & NGHTTP2_HD_INFLATE_FINAL) break;
    if (left == 0 && !(flags & NGHTTP2_HD_INFLATE_EMIT)) break;
  }
  nghttp2_hd_inflate_end_headers(inflater_.get());
  return true;
}

std::string Nghttp2Inflater::Difference(const DynamicTable& table) const {
  const std::size_t count = nghttp2_hd_inflate_get_num_table_entries(inflater_.get()) - kStaticTableSize;
  if (count != table.entry_count()) {
    return "entries: " + std::to_string(count) + ", ours " + std::to_string(table.entry_count());
  }
  const std::size_t size = nghttp2_hd_inflate_get_dynamic_table_size(inflater_.get());
  if (size != table.size()) return "size: " + std::to_string(size) + ", ours " + std::to_string(table.size());
  const std::size_t max_size = nghttp2_hd_inflate_get_max_dynamic_table_size(inflater_.get());
  if (max_size != table.max_size()) {
    return "largest size: " + std::to_string(max_size) + ", ours " + std::to_string(table.max_size());
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t index = kStaticTableSize + 1 + i;
    const nghttp2_nv* theirs = nghttp2_hd_inflate_get_table_entry(inflater_.get(), index);
    const std::optional<HeaderField> ours = table.AtIndex(static_cast<std::uint32_t>(index));
    if (!ours || ours->name != View(theirs->name, theirs->namelen) ||
        ours->value != View(theirs->value, theirs->valuelen)) {
      return "entry " + std::to_string(index);
    }
  }
  return {};
}

void Nghttp2Inflater::Delete::operator()(nghttp2_hd_inflater* inflater) const { nghttp2_hd_inflate_del(inflater); }

Nghttp2Deflater::Nghttp2Deflater(std::uint32_t max_table_size) {
  nghttp2_hd_deflater* deflater = nullptr;
  nghttp2_hd_deflate_new(&deflater, max_table_size);
  deflater_.reset(deflater);
}

void Nghttp2Deflater::SetPeerTableSize(std::uint32_t size) {
  nghttp2_hd_deflate_change_table_size(deflater_.get(), size);
}

std::string Nghttp2Deflater::Deflate(std::span<const OwnedField> fields) {
  std::vector<nghttp2_nv> list;
  for (const OwnedField& field : fields) {
    list.push_back({Bytes(field.name), Bytes(field.value), field.name.size(), field.value.size(),
                    static_cast<std::uint8_t>(field.never_index ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE)});
  }
  std::string block(nghttp2_hd_deflate_bound(deflater_.get(), list.data(), list.size()), '\0');
  const ssize_t size = nghttp2_hd_deflate_hd(deflater_.get(), Bytes(block), block.size(), list.data(), list.size());
  block.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return block;
}

void Nghttp2Deflater::Delete::operator()(nghttp2_hd_deflater* deflater) const { nghttp2_hd_deflate_del(deflater); }

bool MayRefuse(std::string_view block, const std::vector<OwnedField>& fields) {
  if (std::ranges::any_of(fields, [](const OwnedField& field) { return field.name.empty(); })) return true;
  const auto* begin = reinterpret_cast<const std::uint8_t*>(block.data());
  HpackInput input{begin, begin + block.size()};
  int changes = 0;
  while (!input.empty() && (*input.next & 0xe0) == 0x20 && ReadHpackInteger(input, 5)) ++changes;
  return changes > 2;
}

}  // namespace rhei::inline v0::http2
