#include "http2/header_validation.h"

#include <algorithm>
#include <array>

namespace rhei::inline v0::http2 {
namespace {

// Bytes that may stand in a field name (§8.2.1): visible ASCII without upper case and without ':'.
constexpr std::array<bool, 256> kNameBytes = [] {
  std::array<bool, 256> good{};
  for (std::size_t byte = 0x21; byte < 0x7f; ++byte) good[byte] = byte != ':' && (byte < 'A' || byte > 'Z');
  return good;
}();

bool IsGoodName(std::string_view name) {
  if (name.empty()) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return kNameBytes[static_cast<std::uint8_t>(c)]; });
}

bool IsGoodValue(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) { return c == '\0' || c == '\r' || c == '\n'; });
}

// Neither user information nor blanks, which a router and a log might read differently.
bool IsGoodAuthority(std::string_view authority) {
  return std::none_of(authority.begin(), authority.end(),
                      [](char c) { return c == '@' || static_cast<std::uint8_t>(c) <= ' ' || c == '\x7f'; });
}

std::optional<std::int64_t> ParseContentLength(std::string_view value) {
  constexpr std::size_t kMaxDigits = 18;
  if (value.empty() || value.size() > kMaxDigits) return std::nullopt;
  std::int64_t length = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return std::nullopt;
    length = length * 10 + (c - '0');
  }
  return length;
}

// Three digits from 100 on; 0 when it is something else.
int ParseStatus(std::string_view value) {
  if (value.size() != 3) return 0;
  int status = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status >= 100 ? status : 0;
}

constexpr std::uint32_t Bit(HeaderName name) { return std::uint32_t{1} << static_cast<int>(name); }

constexpr std::uint32_t kRequestPseudo =
    Bit(HeaderName::kAuthority) | Bit(HeaderName::kMethod) | Bit(HeaderName::kPath) | Bit(HeaderName::kScheme);
constexpr std::uint32_t kResponsePseudo = Bit(HeaderName::kStatus);
constexpr std::uint32_t kPseudo = kRequestPseudo | kResponsePseudo | Bit(HeaderName::kOtherPseudo);
constexpr std::uint32_t kConnectionSpecific = Bit(HeaderName::kConnection) | Bit(HeaderName::kKeepAlive) |
                                              Bit(HeaderName::kProxyConnection) | Bit(HeaderName::kTransferEncoding) |
                                              Bit(HeaderName::kUpgrade);
// Regular fields that rules speak of.
constexpr std::uint32_t kRestricted =
    kConnectionSpecific | Bit(HeaderName::kTe) | Bit(HeaderName::kHost) | Bit(HeaderName::kContentLength);

constexpr std::uint32_t AllowedPseudo(HeaderListKind kind) {
  switch (kind) {
    case HeaderListKind::kRequest: return kRequestPseudo;
    case HeaderListKind::kResponse: return kResponsePseudo;
    case HeaderListKind::kTrailers: return 0;
  }
  return 0;
}

// One pass over a list. Which fields were seen is remembered as bits, and where the pseudo-header fields are.
class ListCheck {
 public:
  explicit ListCheck(HeaderListKind kind) : kind_(kind), allowed_(AllowedPseudo(kind)) {}

  // What is wrong with the field, or null.
  const char* Add(const HeaderField& field) {
    const std::uint32_t bit = Bit(field.token);
    if ((bit & kPseudo) != 0) {
      if ((bit & allowed_) == 0) return "pseudo-header field that does not belong here";
      // Each may come once, and none after a regular field.
      allowed_ = regular_seen_ ? 0 : allowed_ & ~bit;
      if (regular_seen_) return "pseudo-header field after a regular one";
      seen_ |= bit;
      pseudo_[static_cast<std::size_t>(field.token)] = &field;
      return nullptr;
    }
    regular_seen_ = true;
    return (bit & kRestricted) == 0 ? nullptr : AddRestricted(field);
  }

  // What is wrong with the list as a whole, or null.
  const char* Finish() {
    switch (kind_) {
      case HeaderListKind::kRequest: return FinishRequest();
      case HeaderListKind::kResponse:
        if (Has(HeaderName::kStatus)) facts_.status = ParseStatus(Value(HeaderName::kStatus));
        return facts_.status == 0 ? "response without a valid :status" : nullptr;
      case HeaderListKind::kTrailers: return nullptr;
    }
    return nullptr;
  }

  const HeaderFacts& facts() const { return facts_; }

 private:
  bool Has(HeaderName name) const { return (seen_ & Bit(name)) != 0; }
  // Requires Has(name).
  std::string_view Value(HeaderName name) const { return pseudo_[static_cast<std::size_t>(name)]->value; }

  const char* FinishRequest() const {
    if (!Has(HeaderName::kMethod)) return "request without :method";
    if (Value(HeaderName::kMethod) == "CONNECT") {
      const bool good = (seen_ & kRequestPseudo) == (Bit(HeaderName::kMethod) | Bit(HeaderName::kAuthority));
      return good ? nullptr : "malformed CONNECT";
    }
    if (!Has(HeaderName::kScheme)) return "request without :scheme";
    if (!Has(HeaderName::kPath) || Value(HeaderName::kPath).empty()) return "request without :path";
    if (host_ != nullptr && Has(HeaderName::kAuthority) && host_->value != Value(HeaderName::kAuthority)) {
      return "host differs from :authority";
    }
    return nullptr;
  }

  const char* AddRestricted(const HeaderField& field) {
    switch (field.token) {
      case HeaderName::kTe: return field.value == "trailers" ? nullptr : "te that is not \"trailers\"";
      case HeaderName::kHost:
        if (host_ != nullptr) return "host twice";
        host_ = &field;
        return nullptr;
      case HeaderName::kContentLength: return AddContentLength(field.value);
      default: return "connection-specific header field";
    }
  }

  const char* AddContentLength(std::string_view value) {
    const std::optional<std::int64_t> length = ParseContentLength(value);
    const bool again = facts_.content_length != HeaderFacts::kNoContentLength;
    if (!length || (again && facts_.content_length != *length)) return "malformed content-length";
    facts_.content_length = *length;
    return nullptr;
  }

  HeaderListKind kind_;
  std::uint32_t allowed_;  // pseudo-header fields that may still come
  std::uint32_t seen_ = 0;
  bool regular_seen_ = false;
  const HeaderField* pseudo_[static_cast<std::size_t>(HeaderName::kOtherPseudo)];
  const HeaderField* host_ = nullptr;
  HeaderFacts facts_;
};

}  // namespace

HeaderFacts HeaderValidator::Check(HeaderListKind kind, std::span<const HeaderField> fields) {
  ListCheck check(kind);
  const char* malformed = nullptr;
  for (const HeaderField& field : fields) {
    const char* wrong = check.Add(field);
    if (field.entry - 1 >= checked_through_) [[unlikely]] {  // 0, a literal, is above all
      const char* content = CheckContent(field);
      if (wrong == nullptr) wrong = content;
    }
    if (malformed == nullptr) malformed = wrong;
  }
  if (malformed == nullptr) malformed = check.Finish();
  HeaderFacts facts = check.facts();
  facts.malformed = malformed;
  return facts;
}

// What is wrong with the name or the value alone, or null.
const char* HeaderValidator::CheckContent(const HeaderField& field) {
  const bool known_name = field.token != HeaderName::kOther && field.token != HeaderName::kGrpcOther;
  if (!known_name && !IsGoodName(field.name)) return "forbidden character in a header field's name";
  if (!IsGoodValue(field.value)) return "forbidden character in a header field's value";
  const bool is_authority = field.token == HeaderName::kAuthority || field.token == HeaderName::kHost;
  if (is_authority && !IsGoodAuthority(field.value)) return "malformed authority";
  if (field.entry == checked_through_ + 1) checked_through_ = field.entry;
  return nullptr;
}

}  // namespace rhei::inline v0::http2
