#include "http2/hpack/static_table.h"

#include <cstddef>

namespace rhei::inline v0::http2 {
namespace {

constexpr HeaderField Entry(std::uint64_t index, std::string_view name, std::string_view value,
                            HeaderName token = HeaderName::kOther) {
  return {.name = name, .value = value, .token = token, .never_index = false, .entry = index};
}

constexpr std::array<HeaderField, kStaticTableSize + 1> kEntries = {
    HeaderField{},
    Entry(1, ":authority", "", HeaderName::kAuthority),
    Entry(2, ":method", "GET", HeaderName::kMethod),
    Entry(3, ":method", "POST", HeaderName::kMethod),
    Entry(4, ":path", "/", HeaderName::kPath),
    Entry(5, ":path", "/index.html", HeaderName::kPath),
    Entry(6, ":scheme", "http", HeaderName::kScheme),
    Entry(7, ":scheme", "https", HeaderName::kScheme),
    Entry(8, ":status", "200", HeaderName::kStatus),
    Entry(9, ":status", "204", HeaderName::kStatus),
    Entry(10, ":status", "206", HeaderName::kStatus),
    Entry(11, ":status", "304", HeaderName::kStatus),
    Entry(12, ":status", "400", HeaderName::kStatus),
    Entry(13, ":status", "404", HeaderName::kStatus),
    Entry(14, ":status", "500", HeaderName::kStatus),
    Entry(15, "accept-charset", ""),
    Entry(16, "accept-encoding", "gzip, deflate"),
    Entry(17, "accept-language", ""),
    Entry(18, "accept-ranges", ""),
    Entry(19, "accept", ""),
    Entry(20, "access-control-allow-origin", ""),
    Entry(21, "age", ""),
    Entry(22, "allow", ""),
    Entry(23, "authorization", ""),
    Entry(24, "cache-control", ""),
    Entry(25, "content-disposition", ""),
    Entry(26, "content-encoding", ""),
    Entry(27, "content-language", ""),
    Entry(28, "content-length", "", HeaderName::kContentLength),
    Entry(29, "content-location", ""),
    Entry(30, "content-range", ""),
    Entry(31, "content-type", "", HeaderName::kContentType),
    Entry(32, "cookie", "", HeaderName::kCookie),
    Entry(33, "date", ""),
    Entry(34, "etag", ""),
    Entry(35, "expect", ""),
    Entry(36, "expires", ""),
    Entry(37, "from", ""),
    Entry(38, "host", "", HeaderName::kHost),
    Entry(39, "if-match", ""),
    Entry(40, "if-modified-since", ""),
    Entry(41, "if-none-match", ""),
    Entry(42, "if-range", ""),
    Entry(43, "if-unmodified-since", ""),
    Entry(44, "last-modified", ""),
    Entry(45, "link", ""),
    Entry(46, "location", ""),
    Entry(47, "max-forwards", ""),
    Entry(48, "proxy-authenticate", ""),
    Entry(49, "proxy-authorization", ""),
    Entry(50, "range", ""),
    Entry(51, "referer", ""),
    Entry(52, "refresh", ""),
    Entry(53, "retry-after", ""),
    Entry(54, "server", ""),
    Entry(55, "set-cookie", ""),
    Entry(56, "strict-transport-security", ""),
    Entry(57, "transfer-encoding", "", HeaderName::kTransferEncoding),
    Entry(58, "user-agent", "", HeaderName::kUserAgent),
    Entry(59, "vary", ""),
    Entry(60, "via", ""),
    Entry(61, "www-authenticate", ""),
};

constexpr std::size_t kLongestName = 27;

// The first entry of each name, ordered by the length of the name: those of length n stand from begin[n] to
// begin[n + 1].
struct ByLength {
  std::array<std::uint8_t, kStaticTableSize> index{};
  std::array<std::uint8_t, kLongestName + 2> begin{};
};

constexpr ByLength OrderByLength() {
  ByLength order;
  std::uint8_t count = 0;
  for (std::size_t length = 0; length <= kLongestName; ++length) {
    order.begin[length] = count;
    for (std::uint8_t i = 1; i <= kStaticTableSize; ++i) {
      const bool first = i == 1 || kEntries[i - 1].name != kEntries[i].name;
      if (first && kEntries[i].name.size() == length) order.index[count++] = i;
    }
  }
  order.begin[kLongestName + 1] = count;
  return order;
}

constexpr ByLength kByLength = OrderByLength();

}  // namespace

constexpr std::array<HeaderField, kStaticTableSize + 1> kStaticTable = kEntries;

StaticMatch FindStatic(std::string_view name, std::string_view value) {
  if (name.size() > kLongestName) return {};
  for (std::size_t i = kByLength.begin[name.size()]; i < kByLength.begin[name.size() + 1]; ++i) {
    const std::uint32_t first = kByLength.index[i];
    if (kEntries[first].name != name) continue;
    for (std::uint32_t index = first; index <= kStaticTableSize && kEntries[index].name == name; ++index) {
      if (kEntries[index].value == value) return {index, true};
    }
    return {first, false};
  }
  return {};
}

}  // namespace rhei::inline v0::http2
