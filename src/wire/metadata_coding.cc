#include "wire/metadata_coding.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "wire/base64.h"
#include "wire/percent_coding.h"

namespace rhei::inline v0::wire {
namespace {

using http2::HeaderField;
using http2::HeaderName;

// Peers commonly accept 8 KiB of trailers; a longer message or longer details would cost the call its status. Both
// together, as they travel, have this much; details come first, because nobody can use a part of them.
constexpr std::size_t kMaxStatus = 7680;
constexpr std::size_t kMaxMessage = 3 * 1024;
constexpr std::size_t kMaxDetails = 4 * 1024;

constexpr std::array<std::string_view, kStatusCodeCount> kNumbers = {"0", "1",  "2",  "3",  "4",  "5",  "6",  "7", "8",
                                                                     "9", "10", "11", "12", "13", "14", "15", "16"};

// Cuts at a boundary between UTF-8 characters, so that what is left takes at most `limit` bytes when it is coded.
std::string_view CutText(std::string_view text, std::size_t limit) {
  std::size_t coded = 0;
  std::size_t end = 0;
  while (end < text.size() && coded + PercentEncodedSize(text[end]) <= limit) coded += PercentEncodedSize(text[end++]);
  if (end == text.size()) return text;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

bool ReadVarint(std::string_view& bytes, std::uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

}  // namespace

bool AddReceivedField(const HeaderField& field, Metadata& metadata) {
  // Cookies mean nothing to HTTP/2 and gRPC: they are the user's, as any other name.
  if (field.token != HeaderName::kOther && field.token != HeaderName::kCookie) return true;
  if (!IsBinaryKey(field.name)) {
    metadata.Add(field.name, field.value);
    return true;
  }
  std::string bytes;
  std::string_view rest = field.value;
  while (true) {
    const std::size_t comma = rest.find(',');
    bytes.clear();
    if (!AppendBase64Decoded(rest.substr(0, comma), bytes)) return false;
    metadata.Add(field.name, bytes);
    if (comma == std::string_view::npos) return true;
    rest.remove_prefix(comma + 1);
  }
}

void FieldList::Clear() {
  fields_.clear();
  coded_.clear();
  buffer_.clear();
}

void FieldList::Add(std::string_view name, std::string_view value) {
  HeaderField field;
  field.name = name;
  field.value = value;
  fields_.push_back(field);
}

void FieldList::AddMetadata(const Metadata& metadata) {
  for (const auto [key, value] : metadata) {
    if (IsBinaryKey(key)) {
      const std::size_t begin = buffer_.size();
      AppendBase64(value, buffer_);
      AddCoded(key, begin);
    } else {
      Add(key, value);
    }
  }
}

void FieldList::AddError(const Error& error) {
  Add("grpc-status", kNumbers[static_cast<std::size_t>(error.code())]);
  const bool with_details = !error.details().empty() && error.details().size() <= kMaxDetails &&
                            DetailsCode(error.details()) == static_cast<int>(error.code());
  if (!error.message().empty()) {
    const std::size_t left = kMaxStatus - (with_details ? (error.details().size() + 2) / 3 * 4 : 0);
    const std::size_t begin = buffer_.size();
    AppendPercentEncoded(CutText(error.message(), std::min(left, kMaxMessage)), buffer_);
    AddCoded("grpc-message", begin);
  }
  if (with_details) {
    const std::size_t begin = buffer_.size();
    AppendBase64(error.details(), buffer_);
    AddCoded("grpc-status-details-bin", begin);
  }
}

void FieldList::AddCoded(std::string_view name, std::size_t begin) {
  coded_.push_back({fields_.size(), begin, buffer_.size() - begin});
  Add(name, {});
}

std::span<const HeaderField> FieldList::fields() {
  for (const Coded& coded : coded_) {
    fields_[coded.field].value = std::string_view(buffer_).substr(coded.begin, coded.size);
  }
  return fields_;
}

bool ReceivedStatus::Take(const HeaderField& field) {
  switch (field.token) {
    case HeaderName::kGrpcStatus: {
      std::uint32_t number = 0;
      const char* const end = field.value.data() + field.value.size();
      const auto [parsed, error] = std::from_chars(field.value.data(), end, number);
      present = error == std::errc() && parsed == end;
      // A code that this protocol does not know yet is UNKNOWN.
      code = present ? StatusCodeFromNumber(static_cast<int>(number)).value_or(StatusCode::kUnknown)
                     : StatusCode::kUnknown;
      return true;
    }
    case HeaderName::kGrpcMessage: message = PercentDecode(field.value); return true;
    case HeaderName::kGrpcStatusDetails:
      details.clear();
      if (!AppendBase64Decoded(field.value, details)) details.clear();
      return true;
    default: return false;
  }
}

int DetailsCode(std::string_view serialized_status) {
  int code = 0;
  while (!serialized_status.empty()) {
    std::uint64_t tag = 0;
    std::uint64_t value = 0;
    if (!ReadVarint(serialized_status, tag) || !ReadVarint(serialized_status, value)) return -1;
    if (tag == 0x08) {
      code = static_cast<int>(value);
    } else if ((tag & 7) == 2) {
      if (value > serialized_status.size()) return -1;
      serialized_status.remove_prefix(value);
    } else if ((tag & 7) != 0) {
      return -1;
    }
  }
  return code;
}

}  // namespace rhei::inline v0::wire
