#include "http2/header_validation.h"

#include <algorithm>
#include <array>

namespace rhei::inline v0::http2 {
namespace {

// Bytes that may stand in a field name (§8.2.1): visible ASCII without upper case and without ':'.
constexpr std::array<bool, 256> kNameBytes = [] {
  std::array<bool, 256> good{};
  for (int byte = 0x21; byte < 0x7f; ++byte)
    good[static_cast<std::size_t>(byte)] = byte != ':' && (byte < 'A' || byte > 'Z');
  return good;
}();

bool IsGoodName(std::string_view name) {
  if (name.empty()) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return kNameBytes[static_cast<std::uint8_t>(c)]; });
}

bool IsGoodValue(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) { return c == '\0' || c == '\r' || c == '\n'; });
}

// Neither user information nor blanks: what a router and a log would read differently (hardening.md, F2).
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

// One pass over a list. Pseudo-header fields are remembered as bits, and what they say as views.
class ListCheck {
 public:
  explicit ListCheck(HeaderListKind kind) : kind_(kind) {}

  // What is wrong with the field, or null.
  const char* Add(const HeaderField& field) {
    switch (field.token) {
      case HeaderName::kAuthority: authority_ = field.value; return AddRequestPseudo(field);
      case HeaderName::kMethod: method_ = field.value; return AddRequestPseudo(field);
      case HeaderName::kPath: path_ = field.value; return AddRequestPseudo(field);
      case HeaderName::kScheme: return AddRequestPseudo(field);
      case HeaderName::kStatus: return AddStatus(field);
      case HeaderName::kOtherPseudo: return "unknown pseudo-header field";
      default: regular_seen_ = true; return AddRegular(field);
    }
  }

  // What is wrong with the list as a whole, or null.
  const char* Finish() const {
    if (kind_ == HeaderListKind::kTrailers) return nullptr;
    if (kind_ == HeaderListKind::kResponse) return facts_.status == 0 ? "response without a valid :status" : nullptr;
    if (!Has(HeaderName::kMethod)) return "request without :method";
    if (method_ == "CONNECT") {
      return Has(HeaderName::kScheme) || Has(HeaderName::kPath) || !Has(HeaderName::kAuthority) ? "malformed CONNECT"
                                                                                                : nullptr;
    }
    if (!Has(HeaderName::kScheme)) return "request without :scheme";
    if (!Has(HeaderName::kPath) || path_.empty()) return "request without :path";
    if (!IsGoodAuthority(authority_)) return "malformed :authority";
    if (host_ && (!IsGoodAuthority(*host_) || (Has(HeaderName::kAuthority) && *host_ != authority_))) {
      return "host differs from :authority";
    }
    return nullptr;
  }

  const HeaderFacts& facts() const { return facts_; }

 private:
  static std::uint32_t Bit(HeaderName name) { return std::uint32_t{1} << static_cast<int>(name); }
  bool Has(HeaderName name) const { return (seen_ & Bit(name)) != 0; }

  const char* AddPseudo(const HeaderField& field) {
    if (regular_seen_) return "pseudo-header field after a regular one";
    if (Has(field.token)) return "pseudo-header field twice";
    seen_ |= Bit(field.token);
    return nullptr;
  }
  const char* AddRequestPseudo(const HeaderField& field) {
    if (kind_ != HeaderListKind::kRequest) return "pseudo-header field of a request";
    return AddPseudo(field);
  }
  const char* AddStatus(const HeaderField& field) {
    if (kind_ != HeaderListKind::kResponse) return ":status outside of a response";
    facts_.status = ParseStatus(field.value);
    return AddPseudo(field);
  }

  const char* AddRegular(const HeaderField& field) {
    switch (field.token) {
      case HeaderName::kConnection:
      case HeaderName::kKeepAlive:
      case HeaderName::kProxyConnection:
      case HeaderName::kTransferEncoding:
      case HeaderName::kUpgrade: return "connection-specific header field";
      case HeaderName::kTe: return field.value == "trailers" ? nullptr : "te that is not \"trailers\"";
      case HeaderName::kHost:
        if (host_) return "host twice";
        host_ = field.value;
        return nullptr;
      case HeaderName::kContentLength: return AddContentLength(field.value);
      default: return nullptr;
    }
  }

  const char* AddContentLength(std::string_view value) {
    const std::optional<std::int64_t> length = ParseContentLength(value);
    if (!length || (facts_.content_length && *facts_.content_length != *length)) return "malformed content-length";
    facts_.content_length = length;
    return nullptr;
  }

  HeaderListKind kind_;
  bool regular_seen_ = false;
  std::uint32_t seen_ = 0;
  std::string_view authority_;
  std::string_view method_;
  std::string_view path_;
  std::optional<std::string_view> host_;
  HeaderFacts facts_;
};

}  // namespace

HeaderFacts HeaderValidator::Check(HeaderListKind kind, std::span<const HeaderField> fields) {
  ListCheck check(kind);
  const char* malformed = nullptr;
  for (const HeaderField& field : fields) {
    if (malformed == nullptr) malformed = check.Add(field);
    // Also of a list that is malformed already: what enters the table must be known to be good or not.
    if (!HasGoodCharacters(field) && malformed == nullptr) malformed = "forbidden character in a header field";
  }
  if (malformed == nullptr) malformed = check.Finish();
  HeaderFacts facts = check.facts();
  facts.malformed = malformed;
  return facts;
}

bool HeaderValidator::HasGoodCharacters(const HeaderField& field) {
  if (field.entry != 0 && field.entry <= checked_through_) return true;
  const bool known_name = field.token != HeaderName::kOther && field.token != HeaderName::kOtherPseudo &&
                          field.token != HeaderName::kGrpcOther;
  const bool good = (known_name || IsGoodName(field.name)) && IsGoodValue(field.value);
  if (good && field.entry == checked_through_ + 1) checked_through_ = field.entry;
  return good;
}

}  // namespace rhei::inline v0::http2
