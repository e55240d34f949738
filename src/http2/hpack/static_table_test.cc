#include "http2/hpack/static_table.h"

#include <gtest/gtest.h>

#include "http2/hpack/header_field.h"

namespace rhei::inline v0::http2 {
namespace {

TEST(StaticTableTest, EveryEntryKnowsItsNumberAndItsToken) {
  for (std::uint32_t index = 1; index <= kStaticTableSize; ++index) {
    EXPECT_EQ(kStaticTable[index].entry, index);
    EXPECT_EQ(kStaticTable[index].token, FindHeaderName(kStaticTable[index].name)) << index;
  }
}

TEST(StaticTableTest, FindsEveryEntryByNameAndValue) {
  for (std::uint32_t index = 1; index <= kStaticTableSize; ++index) {
    const StaticMatch match = FindStatic(kStaticTable[index].name, kStaticTable[index].value);
    EXPECT_TRUE(match.whole);
    EXPECT_EQ(match.index, index);
  }
}

TEST(StaticTableTest, FindsTheFirstEntryOfANameWithAnotherValue) {
  EXPECT_EQ(FindStatic(":status", "418").index, 8u);
  EXPECT_FALSE(FindStatic(":status", "418").whole);
  EXPECT_EQ(FindStatic(":path", "/a.B/C").index, 4u);
  EXPECT_EQ(FindStatic("user-agent", "rhei").index, 58u);
}

TEST(StaticTableTest, FindsNothingForOtherNames) {
  for (const char* name : {"", "x", "te", "grpc-timeout", ":statuS", "a-name-that-is-longer-than-any-of-the-table"}) {
    EXPECT_EQ(FindStatic(name, "").index, 0u) << name;
  }
}

TEST(HeaderNameTest, RecognisesTheNamesThatHaveTokens) {
  const std::pair<const char*, HeaderName> names[] = {
      {":authority", HeaderName::kAuthority},
      {":method", HeaderName::kMethod},
      {":path", HeaderName::kPath},
      {":scheme", HeaderName::kScheme},
      {":status", HeaderName::kStatus},
      {"connection", HeaderName::kConnection},
      {"keep-alive", HeaderName::kKeepAlive},
      {"proxy-connection", HeaderName::kProxyConnection},
      {"transfer-encoding", HeaderName::kTransferEncoding},
      {"upgrade", HeaderName::kUpgrade},
      {"te", HeaderName::kTe},
      {"host", HeaderName::kHost},
      {"content-length", HeaderName::kContentLength},
      {"cookie", HeaderName::kCookie},
      {"content-type", HeaderName::kContentType},
      {"user-agent", HeaderName::kUserAgent},
      {"grpc-timeout", HeaderName::kGrpcTimeout},
      {"grpc-encoding", HeaderName::kGrpcEncoding},
      {"grpc-accept-encoding", HeaderName::kGrpcAcceptEncoding},
      {"grpc-status", HeaderName::kGrpcStatus},
      {"grpc-message", HeaderName::kGrpcMessage},
      {"grpc-status-details-bin", HeaderName::kGrpcStatusDetails},
  };
  for (const auto& [name, token] : names) {
    EXPECT_EQ(FindHeaderName(name), token) << name;
    // One character more, fewer or other is another name.
    std::string longer(name);
    longer.push_back('x');
    const std::string shorter(name, 1);
    std::string other(name);
    other.front() = 'x';
    for (const std::string& stranger : {longer, shorter, other}) EXPECT_NE(FindHeaderName(stranger), token) << stranger;
  }
}

TEST(HeaderNameTest, TellsOtherPseudoAndReservedNames) {
  for (const char* name : {":", ":protocol", ":method2", ":Path", ":statuS", ":authoritY"}) {
    EXPECT_EQ(FindHeaderName(name), HeaderName::kOtherPseudo) << name;
  }
  for (const char* name : {"grpc-", "grpc-tags-bin", "grpc-statuS", "grpc-timeouu", "grpc-messag2", "grpc-encodinG",
                           "grpc-trace-x", "grpc-retry-pushback-ms", "grpc-previous-rpc-attempts"}) {
    EXPECT_EQ(FindHeaderName(name), HeaderName::kGrpcOther) << name;
  }
  for (const char* name : {"", "x", "Te", "grpc", "accept", "x-user", "grpcstatus-", "contenT-type"}) {
    EXPECT_EQ(FindHeaderName(name), HeaderName::kOther) << name;
  }
}

}  // namespace
}  // namespace rhei::inline v0::http2
