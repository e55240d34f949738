#include "http2/header_validation.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "http2/repeated_block.h"

namespace rhei::inline v0::http2 {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

HeaderFacts Check(HeaderValidator& validator, HeaderListKind kind, const Fields& fields, std::uint64_t entry = 0) {
  std::vector<HeaderField> list;
  for (const auto& [name, value] : fields) {
    list.push_back({.name = name, .value = value, .token = FindHeaderName(name), .entry = entry});
  }
  return validator.Check(kind, list);
}

bool IsGood(HeaderListKind kind, const Fields& fields) {
  HeaderValidator validator;
  return Check(validator, kind, fields).malformed == nullptr;
}

Fields Request(const Fields& more = {}) {
  Fields fields = {{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "host"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

TEST(HeaderValidationTest, PlainListsAreGood) {
  EXPECT_TRUE(IsGood(HeaderListKind::kRequest, Request({{"te", "trailers"}, {"x-bin", "a b"}, {"cookie", "a=b"}})));
  EXPECT_TRUE(IsGood(HeaderListKind::kResponse, {{":status", "200"}, {"x", " blanks "}}));
  EXPECT_TRUE(IsGood(HeaderListKind::kTrailers, {{"grpc-status", "0"}}));
  EXPECT_TRUE(IsGood(HeaderListKind::kTrailers, {}));
  EXPECT_TRUE(IsGood(HeaderListKind::kRequest, {{":method", "CONNECT"}, {":authority", "host:1"}}));
}

TEST(HeaderValidationTest, NamesAndValuesAreChecked) {
  for (const char* name : {"", "A", "a b", "a:b", "a\x7f", "a\xc3", "a\n"}) {
    EXPECT_FALSE(IsGood(HeaderListKind::kTrailers, {{name, "x"}})) << name;
  }
  for (const std::string& value : {std::string("\0", 1), std::string("a\rb"), std::string("a\n")}) {
    EXPECT_FALSE(IsGood(HeaderListKind::kTrailers, {{"a", value}}));
  }
}

TEST(HeaderValidationTest, PseudoHeaderFieldsAreChecked) {
  EXPECT_FALSE(IsGood(HeaderListKind::kRequest, Request({{":path", "/"}})));
  EXPECT_FALSE(IsGood(HeaderListKind::kRequest, Request({{":protocol", "x"}})));
  EXPECT_FALSE(IsGood(HeaderListKind::kRequest, Request({{":status", "200"}})));
  EXPECT_FALSE(IsGood(HeaderListKind::kResponse, {{":status", "200"}, {":path", "/"}}));
  EXPECT_FALSE(IsGood(HeaderListKind::kResponse, {{":status", "200"}, {":status", "200"}}));
  EXPECT_FALSE(IsGood(HeaderListKind::kTrailers, {{":status", "200"}}));
  EXPECT_FALSE(IsGood(HeaderListKind::kRequest, {{":method", "CONNECT"}, {":authority", "h"}, {":path", "/"}}));
  for (const char* status : {"", "20", "2000", "099", "2x0", "-10"}) {
    EXPECT_FALSE(IsGood(HeaderListKind::kResponse, {{":status", status}})) << status;
  }
}

TEST(HeaderValidationTest, ConnectionSpecificFieldsAreRefused) {
  for (const char* name : {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}) {
    EXPECT_FALSE(IsGood(HeaderListKind::kRequest, Request({{name, "x"}}))) << name;
    EXPECT_FALSE(IsGood(HeaderListKind::kTrailers, {{name, "x"}})) << name;
  }
}

TEST(HeaderValidationTest, AuthorityAndHostAreUnambiguous) {
  EXPECT_TRUE(IsGood(HeaderListKind::kRequest, Request({{"host", "host"}})));
  EXPECT_FALSE(IsGood(HeaderListKind::kRequest, Request({{"host", "other"}})));
  EXPECT_FALSE(IsGood(HeaderListKind::kRequest, Request({{"host", "host"}, {"host", "host"}})));
  for (const char* authority : {"user@host", "a b", "a\tb"}) {
    EXPECT_FALSE(IsGood(HeaderListKind::kRequest,
                        {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", authority}}))
        << authority;
  }
}

TEST(HeaderValidationTest, ContentLengthIsRead) {
  HeaderValidator validator;
  const auto length = [&](const Fields& more) {
    const HeaderFacts facts = Check(validator, HeaderListKind::kRequest, Request(more));
    return facts.malformed == nullptr ? facts.content_length : -2;
  };
  EXPECT_EQ(length({}), -1);
  EXPECT_EQ(length({{"content-length", "0"}}), 0);
  EXPECT_EQ(length({{"content-length", "123456789012"}}), 123456789012);
  EXPECT_EQ(length({{"content-length", "5"}, {"content-length", "5"}}), 5);
  EXPECT_EQ(length({{"content-length", "5"}, {"content-length", "6"}}), -2);
  for (const char* bad : {"", "-1", "+1", " 1", "0x1", "9999999999999999999"}) {
    EXPECT_EQ(length({{"content-length", bad}}), -2) << bad;
  }
}

TEST(HeaderValidationTest, ABadEntryOfTheTableStaysBad) {
  HeaderValidator validator;
  for (int i = 0; i < 3; ++i) {
    EXPECT_NE(Check(validator, HeaderListKind::kTrailers, {{"x", "a\nb"}}, 62).malformed, nullptr);
    EXPECT_EQ(Check(validator, HeaderListKind::kTrailers, {{"x", "ab"}}, 63).malformed, nullptr);
  }
}

TEST(RepeatedBlockTest, MatchesTheSameBytesWhileTheTableIsTheSame) {
  RepeatedBlock block;
  EXPECT_FALSE(block.Matches("", 0));
  block.Remember("\x82\x86\xbe", 7, HeaderListKind::kRequest, {});
  EXPECT_TRUE(block.Matches("\x82\x86\xbe", 7));
  EXPECT_FALSE(block.Matches("\x82\x86\xbe", 8));
  EXPECT_FALSE(block.Matches("\x82\x86\xbf", 7));
  EXPECT_FALSE(block.Matches("\x82\x86", 7));
  block.Forget();
  EXPECT_FALSE(block.Matches("\x82\x86\xbe", 7));
}

TEST(RepeatedBlockTest, EachThatIsRememberedHasANumberOfItsOwn) {
  RepeatedBlock block;
  EXPECT_EQ(block.number(), 0U);
  block.Remember("\x82", 7, HeaderListKind::kRequest, {});
  const std::uint32_t first = block.number();
  EXPECT_NE(first, 0U);
  EXPECT_TRUE(block.Matches("\x82", 7));
  EXPECT_EQ(block.number(), first);
  block.Forget();
  EXPECT_EQ(block.number(), 0U);
  block.Remember("\x82", 7, HeaderListKind::kRequest, {});
  EXPECT_NE(block.number(), 0U);
  EXPECT_NE(block.number(), first);
}

TEST(RepeatedBlockTest, RemembersNothingButShortIndexes) {
  RepeatedBlock block;
  for (const std::string& bytes : {std::string("\x82\x20"), std::string("\xff\x80"), std::string("\x82\x10"),
                                   std::string(), std::string(33, '\x82')}) {
    block.Remember(bytes, 1, HeaderListKind::kRequest, {});
    EXPECT_FALSE(block.Matches(bytes, 1));
    EXPECT_EQ(block.number(), 0U);
  }
}

}  // namespace
}  // namespace rhei::inline v0::http2
