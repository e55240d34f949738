#include "transport/request_head.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http2/hpack/decoder.h"
#include "http2/hpack/encoder.h"

namespace rhei::inline v0::transport {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

// Knows two methods, and counts how often it is asked.
class TestRouter final : public CallRouter {
 public:
  Route Find(std::string_view path) const override {
    ++asked;
    if (path == "/test.S/A") return {&a_, "/test.S/A"};
    if (path == "/test.S/B") return {&b_, "/test.S/B"};
    return {};
  }
  std::string WhyNotFound(std::string_view) const override { return {}; }
  HttpHandler* http_handler() const override { return nullptr; }
  Logger& logger() const override { return *logger_; }
  AbuseCounters& abuses() const override { return abuses_; }

  mutable int asked = 0;

 private:
  class NoHandler final : public MethodHandler {
    void Prepare(std::size_t) override {}
    void Handle(ServerCall&, std::string_view) override {}
  };
  class NoLogger final : public Logger {
    void Write(LogLevel, std::string_view) override {}
  };
  mutable AbuseCounters abuses_;
  mutable NoHandler a_;
  mutable NoHandler b_;
  std::unique_ptr<Logger> logger_ = std::make_unique<NoLogger>();
};

// Requests as they come from a client's encoder, with its table.
class RequestReaderTest : public ::testing::Test {
 protected:
  RequestHead Read(const Fields& fields, std::uint32_t number = 0) {
    std::vector<http2::HeaderField> sent;
    for (const auto& [name, value] : fields) {
      http2::HeaderField& field = sent.emplace_back();
      field.name = name;
      field.value = value;
    }
    block_.clear();
    encoder_.Encode(http2::HeaderTemplate::kNone, sent, block_);
    std::vector<http2::HeaderField> received;
    decoder_.NextMessage();
    EXPECT_EQ(decoder_.Decode(block_, received), http2::DecodeOutcome::kOk);
    metadata_.Clear();
    own_ = PooledBytes();
    return reader_.Read(received, number, metadata_, own_);
  }

  static Fields Request(std::string_view path) {
    return {{":method", "POST"},     {":scheme", "http"}, {":path", std::string(path)},
            {":authority", "test"},  {"te", "trailers"},  {"content-type", "application/grpc"},
            {"user-agent", "tester"}};
  }

  TestRouter router_;
  const runtime::Address peer_ = *runtime::Address::Parse("127.0.0.1:50412");
  const runtime::Address local_ = *runtime::Address::Parse("127.0.0.1:8090");
  RequestReader reader_{router_, peer_, local_};
  http2::HpackEncoder encoder_{4096};
  http2::HpackDecoder decoder_{{}};
  std::string block_;
  PooledBytes own_;
  Metadata metadata_;
};

TEST_F(RequestReaderTest, ReadsARequest) {
  const RequestHead head = Read(Request("/test.S/A"));
  EXPECT_TRUE(head.post);
  EXPECT_TRUE(head.te_trailers);
  EXPECT_TRUE(head.grpc);
  EXPECT_TRUE(head.identity_encoding);
  EXPECT_TRUE(head.metadata_readable);
  EXPECT_NE(head.route.handler, nullptr);
  EXPECT_EQ(head.path, "/test.S/A");
  EXPECT_EQ(head.facts->authority, "test");
  EXPECT_EQ(head.facts->user_agent, "tester");
  EXPECT_EQ(head.facts->peer, "127.0.0.1:50412");
  EXPECT_EQ(head.facts->local, "127.0.0.1:8090");
  EXPECT_TRUE(metadata_.empty());
}

TEST_F(RequestReaderTest, AsksTheRouterOnceForAPathThatComesFromTheTable) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Read(Request("/test.S/A")).path, "/test.S/A");
    EXPECT_EQ(Read(Request("/test.S/B")).path, "/test.S/B");
  }
  EXPECT_LE(router_.asked, 6);
}

TEST_F(RequestReaderTest, SharesTheFactsOfRequestsThatSayTheSame) {
  Read(Request("/test.S/A"));
  Read(Request("/test.S/A"));
  const RequestHead first = Read(Request("/test.S/A"));
  const RequestHead second = Read(Request("/test.S/A"));
  EXPECT_EQ(first.facts, second.facts);
  Fields other = Request("/test.S/A");
  other[3].second = "other";
  EXPECT_EQ(Read(other).facts->authority, "other");
  EXPECT_EQ(Read(Request("/test.S/A")).facts->authority, "test");
}

// What is read with a number that is known is other fields here, to see that they are not looked at.
TEST_F(RequestReaderTest, AHeadWithTheNumberOfTheLastIsNotReadAgain) {
  const RequestHead first = Read(Request("/test.S/A"), 1);
  EXPECT_EQ(Read({}, 1).path, "/test.S/A");
  EXPECT_EQ(Read({}, 1).facts, first.facts);
  EXPECT_EQ(Read(Request("/test.S/B"), 2).path, "/test.S/B");
  EXPECT_EQ(Read(Request("/test.S/A"), 1).path, "/test.S/A");
  EXPECT_EQ(Read(Request("/test.S/B")).path, "/test.S/B");
  EXPECT_EQ(Read(Request("/test.S/A")).path, "/test.S/A");
  reader_.Trim();
  EXPECT_EQ(Read(Request("/test.S/B"), 1).path, "/test.S/B");
}

TEST_F(RequestReaderTest, WhatARequestHasForItselfIsReadWithEach) {
  Fields fields = Request("/test.S/A");
  fields.emplace_back("x-user", "alice");
  for (int i = 0; i < 2; ++i) {
    Read(fields, 1);
    EXPECT_EQ(metadata_.Get("x-user"), "alice");
  }
  fields.back() = {"x-bin", "%%"};
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(Read(fields, 2).metadata_readable);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Read(Request("/unknown"), 3).path, "/unknown");
    EXPECT_EQ(own_.view(), "/unknownPOST");
  }
}

// Entries leave the table, and others take their place in the reader's memory; none may be taken for another.
TEST_F(RequestReaderTest, NeverMixesUpEntriesOfATableThatIsTurnedOver) {
  for (int i = 0; i < 5000; ++i) {
    Fields fields = Request(i % 3 == 0 ? "/test.S/A" : i % 3 == 1 ? "/test.S/B" : "/test.S/C" + std::to_string(i));
    fields[3].second = "authority" + std::to_string(i % 7);
    fields[6].second = "agent" + std::to_string(i % 11);
    fields[4].second = i % 5 == 0 ? "gzip" : "trailers";
    const std::string value = std::to_string(i);
    fields.emplace_back("x-number", value);
    const RequestHead head = Read(fields);
    ASSERT_EQ(head.path, fields[2].second);
    ASSERT_EQ(head.route.handler != nullptr, i % 3 != 2);
    ASSERT_EQ(head.te_trailers, i % 5 != 0);
    ASSERT_EQ(head.facts->authority, fields[3].second);
    ASSERT_EQ(head.facts->user_agent, fields[6].second);
    ASSERT_EQ(metadata_.Get("x-number"), value);
  }
}

TEST_F(RequestReaderTest, KnowsGrpcsContentTypes) {
  for (const std::string_view type : {"application/grpc", "application/grpc+proto", "application/grpc;x=y"}) {
    Fields fields = Request("/test.S/A");
    fields[5].second = type;
    EXPECT_TRUE(Read(fields).grpc) << type;
  }
  for (const std::string_view type :
       {"application/grpcx", "application/grp", "text/html", "", "application/grpc-web"}) {
    Fields fields = Request("/test.S/A");
    fields[5].second = type;
    EXPECT_FALSE(Read(fields).grpc) << type;
  }
}

TEST_F(RequestReaderTest, GivesPlainRequestsAllTheirFields) {
  Fields fields = Request("/page?q=1");
  fields[0].second = "GET";
  fields[5].second = "text/html";
  fields.emplace_back("cookie", "a=b");
  const RequestHead head = Read(fields);
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.path, "/page?q=1");
  EXPECT_EQ(metadata_.Get("content-type"), "text/html");
  EXPECT_EQ(metadata_.Get("user-agent"), "tester");
  EXPECT_EQ(metadata_.Get("cookie"), "a=b");
}

TEST_F(RequestReaderTest, TellsOfMetadataThatIsNotBase64AndOfOtherEncodings) {
  Fields fields = Request("/test.S/A");
  fields.emplace_back("x-bin", "%%");
  EXPECT_FALSE(Read(fields).metadata_readable);
  fields = Request("/test.S/A");
  fields.emplace_back("grpc-encoding", "gzip");
  EXPECT_FALSE(Read(fields).identity_encoding);
  fields.back().second = "identity";
  EXPECT_TRUE(Read(fields).identity_encoding);
}

}  // namespace
}  // namespace rhei::inline v0::transport
