#include "rhei/error_details.h"

#include <gmock/gmock.h>
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "rhei/limits.h"
#include "shop.pb.h"
#include "wire/metadata_coding.h"
#include "wire/percent_coding.h"

namespace rhei::inline v0 {
namespace {

using google::protobuf::Any;
using google::protobuf::MessageLite;
using ::testing::AllOf;
using ::testing::HasSubstr;

// --- protobuf's wire format, by hand -----------------------------------------------------------------------------

std::string Varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

std::string Number(int field, std::uint64_t value) { return Varint(static_cast<unsigned>(field) << 3) + Varint(value); }

std::string Bytes(int field, std::string_view value) {
  return Varint(static_cast<unsigned>(field) << 3 | 2) + Varint(value.size()) + std::string(value);
}

std::string Detail(std::string_view type_url, std::string_view value) {
  return Bytes(3, Bytes(1, type_url) + Bytes(2, value));
}

std::string StatusBytes(int code, std::string_view message, std::string_view details) {
  return Number(1, static_cast<std::uint64_t>(code)) + Bytes(2, message) + std::string(details);
}

constexpr std::string_view kErrorInfoUrl = "type.googleapis.com/google.rpc.ErrorInfo";

rpc::ErrorInfo Info(std::string_view reason) {
  rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  return info;
}

template <typename T>
std::string BytesOf(const std::optional<T>& message) {
  return message ? message->SerializeAsString() : "none";
}

// --- the bytes ---------------------------------------------------------------------------------------------------

TEST(ErrorDetailsTest, AnErrorInfoIsTheseBytes) {
  Error error(StatusCode::kNotFound, "no");
  rpc::ErrorInfo info = Info("R");
  info.set_domain("d");
  ASSERT_TRUE(AddDetail(error, info).ok());
  const std::string_view golden =
      "\x08\x05\x12\x02no\x1a\x32\x0a\x28type.googleapis.com/google.rpc.ErrorInfo\x12\x06\x0a\x01R\x12\x01"
      "d";
  EXPECT_EQ(error.details(), golden);
}

struct Standard {
  std::string_view name;
  std::shared_ptr<MessageLite> message;
  std::string bytes;
};

template <typename T, typename Fill>
Standard MakeStandard(std::string_view name, Fill fill, std::string bytes) {
  auto message = std::make_shared<T>();
  fill(*message);
  return {name, std::move(message), std::move(bytes)};
}

Standard QuotaFailureWithAllFields() {
  const auto fill = [](rpc::QuotaFailure& m) {
    auto& violation = *m.add_violations();
    violation.set_subject("s");
    violation.set_description("d");
    violation.set_api_service("a");
    violation.set_quota_metric("m");
    violation.set_quota_id("i");
    (*violation.mutable_quota_dimensions())["k"] = "v";
    violation.set_quota_value(300);
    violation.set_future_quota_value(0);
  };
  return MakeStandard<rpc::QuotaFailure>(
      "QuotaFailure", fill,
      Bytes(1, Bytes(1, "s") + Bytes(2, "d") + Bytes(3, "a") + Bytes(4, "m") + Bytes(5, "i") +
                   Bytes(6, Bytes(1, "k") + Bytes(2, "v")) + Number(7, 300) + Number(8, 0)));
}

Standard BadRequestWithAllFields() {
  const auto fill = [](rpc::BadRequest& m) {
    auto& violation = *m.add_field_violations();
    violation.set_field("f");
    violation.set_description("d");
    violation.set_reason("r");
    violation.mutable_localized_message()->set_locale("uk");
    m.add_field_violations()->set_field("g");
  };
  return MakeStandard<rpc::BadRequest>(
      "BadRequest", fill,
      Bytes(1, Bytes(1, "f") + Bytes(2, "d") + Bytes(3, "r") + Bytes(4, Bytes(1, "uk"))) + Bytes(1, Bytes(1, "g")));
}

// Each standard message with every field set, and what google/rpc/error_details.proto makes of it.
std::vector<Standard> AllStandardMessages() {
  std::vector<Standard> all;
  all.push_back(MakeStandard<rpc::ErrorInfo>(
      "ErrorInfo",
      [](rpc::ErrorInfo& m) {
        m.set_reason("r");
        m.set_domain("d");
        (*m.mutable_metadata())["k"] = "v";
      },
      Bytes(1, "r") + Bytes(2, "d") + Bytes(3, Bytes(1, "k") + Bytes(2, "v"))));
  all.push_back(MakeStandard<rpc::RetryInfo>(
      "RetryInfo",
      [](rpc::RetryInfo& m) {
        m.mutable_retry_delay()->set_seconds(7);
        m.mutable_retry_delay()->set_nanos(5);
      },
      Bytes(1, Number(1, 7) + Number(2, 5))));
  all.push_back(MakeStandard<rpc::DebugInfo>(
      "DebugInfo",
      [](rpc::DebugInfo& m) {
        m.add_stack_entries("a");
        m.add_stack_entries("b");
        m.set_detail("d");
      },
      Bytes(1, "a") + Bytes(1, "b") + Bytes(2, "d")));
  all.push_back(QuotaFailureWithAllFields());
  all.push_back(MakeStandard<rpc::PreconditionFailure>(
      "PreconditionFailure",
      [](rpc::PreconditionFailure& m) {
        auto& violation = *m.add_violations();
        violation.set_type("t");
        violation.set_subject("s");
        violation.set_description("d");
      },
      Bytes(1, Bytes(1, "t") + Bytes(2, "s") + Bytes(3, "d"))));
  all.push_back(BadRequestWithAllFields());
  all.push_back(MakeStandard<rpc::RequestInfo>(
      "RequestInfo",
      [](rpc::RequestInfo& m) {
        m.set_request_id("i");
        m.set_serving_data("s");
      },
      Bytes(1, "i") + Bytes(2, "s")));
  all.push_back(MakeStandard<rpc::ResourceInfo>(
      "ResourceInfo",
      [](rpc::ResourceInfo& m) {
        m.set_resource_type("t");
        m.set_resource_name("n");
        m.set_owner("o");
        m.set_description("d");
      },
      Bytes(1, "t") + Bytes(2, "n") + Bytes(3, "o") + Bytes(4, "d")));
  all.push_back(MakeStandard<rpc::Help>(
      "Help",
      [](rpc::Help& m) {
        auto& link = *m.add_links();
        link.set_description("d");
        link.set_url("u");
      },
      Bytes(1, Bytes(1, "d") + Bytes(2, "u"))));
  all.push_back(MakeStandard<rpc::LocalizedMessage>(
      "LocalizedMessage",
      [](rpc::LocalizedMessage& m) {
        m.set_locale("l");
        m.set_message("m");
      },
      Bytes(1, "l") + Bytes(2, "m")));
  return all;
}

TEST(ErrorDetailsTest, EachStandardMessageHasGooglesNameAndGooglesBytes) {
  const std::vector<Standard> all = AllStandardMessages();
  EXPECT_EQ(all.size(), 10U);
  for (const Standard& standard : all) {
    Error error(StatusCode::kAborted, "m");
    ASSERT_TRUE(AddDetail(error, *standard.message).ok());
    const std::string url = "type.googleapis.com/google.rpc." + std::string(standard.name);
    EXPECT_EQ(error.details(), StatusBytes(10, "m", Detail(url, standard.bytes))) << standard.name;
  }
}

TEST(ErrorDetailsTest, EachStandardMessageIsReadFromGooglesBytes) {
  for (const Standard& standard : AllStandardMessages()) {
    Any any;
    any.set_type_url("type.googleapis.com/google.rpc." + std::string(standard.name));
    any.set_value(standard.bytes);
    const std::unique_ptr<MessageLite> read(standard.message->New());
    EXPECT_TRUE(ReadDetail(any, *read)) << standard.name;
    EXPECT_EQ(read->SerializeAsString(), standard.bytes) << standard.name;
  }
}

// --- writing -----------------------------------------------------------------------------------------------------

TEST(ErrorDetailsTest, DetailsAreAddedInOrderAndBehindThoseThatAreThere) {
  Error error = WithDetails(Error(StatusCode::kAborted, "m"), Info("1"), Info("2"));
  ASSERT_TRUE(AddDetail(error, Info("3")).ok());
  const std::vector<rpc::ErrorInfo> found = FindDetails<rpc::ErrorInfo>(error);
  ASSERT_EQ(found.size(), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(found[i].reason(), std::to_string(i + 1));
  EXPECT_EQ(FindDetail<rpc::ErrorInfo>(error)->reason(), "1");
}

TEST(ErrorDetailsTest, AUsersOwnMessageIsADetailByItsOwnName) {
  shop::OutOfStock detail;
  detail.set_item("42");
  const Error error = WithDetails(Error(StatusCode::kUnavailable), detail);
  EXPECT_EQ(error.details(), Number(1, 14) + Detail("type.googleapis.com/shop.OutOfStock", Bytes(1, "42")));
  EXPECT_EQ(FindDetail<shop::OutOfStock>(error)->item(), "42");
  EXPECT_FALSE(FindDetail<shop::Strict>(error).has_value());
}

TEST(ErrorDetailsTest, MessagesOfGoogleapisInTheSameProgramAreTheSameDetails) {
  google::rpc::BadRequest theirs;
  theirs.add_field_violations()->set_field("f");
  const Error error = WithDetails(Error(StatusCode::kInvalidArgument, "m"), theirs, Info("R"));
  EXPECT_EQ(FindDetail<rpc::BadRequest>(error)->field_violations(0).field(), "f");
  EXPECT_EQ(FindDetail<google::rpc::BadRequest>(error)->field_violations(0).field(), "f");
  EXPECT_EQ(FindDetail<google::rpc::ErrorInfo>(error)->reason(), "R");
}

TEST(ErrorDetailsTest, CodeAndMessageOfTheStatusAreThoseThatTheErrorHasWhenADetailIsAdded) {
  Error error = WithDetails(Error(StatusCode::kAborted, "before"), Info("1"));
  error.SetMessage("behind");
  ASSERT_TRUE(AddDetail(error, Info("2")).ok());
  rpc::Status status;
  ASSERT_TRUE(status.ParseFromString(error.details()));
  EXPECT_EQ(status.code(), 10);
  EXPECT_EQ(status.message(), "behind");
  EXPECT_EQ(status.details_size(), 2);
}

TEST(ErrorDetailsTest, BytesThatAreNoTextAreReplacedInTheStatus) {
  const Error error = WithDetails(Error(StatusCode::kAborted, "caf\xe9"), Info("R"));
  EXPECT_EQ(error.message(), "caf\xe9");
  EXPECT_EQ(RpcStatus(error).message(), "caf\ufffd");
  EXPECT_EQ(FindDetail<rpc::ErrorInfo>(error)->reason(), "R");
}

// grpc_status of Python throws where they differ.
TEST(ErrorDetailsTest, TheMessageOfTheStatusIsTheOneThatIsSentBesideIt) {
  for (const std::string_view unit : {"x", "%", "\u0439", "\U0001F608"}) {
    std::string message;
    while (message.size() < 3300) message += unit;
    const Error error = WithDetails(Error(StatusCode::kAborted, message), Info("R"));
    rpc::Status status;
    ASSERT_TRUE(status.ParseFromString(error.details()));
    EXPECT_EQ(status.details_size(), 1) << unit;
    wire::FieldList list;
    list.AddError(error);
    EXPECT_EQ(status.message(), wire::PercentDecode(list.fields()[1].value)) << unit;
    EXPECT_LT(status.message().size(), message.size()) << unit;
  }
}

TEST(ErrorDetailsTest, ADetailWithoutARequiredFieldIsRefused) {
  Error error(StatusCode::kAborted, "m");
  const Status added = AddDetail(error, shop::Strict());
  EXPECT_EQ(added.code(), StatusCode::kInternal);
  EXPECT_THAT(added.message(), AllOf(HasSubstr("shop.Strict"), HasSubstr("item")));
  EXPECT_EQ(error, Error(StatusCode::kAborted, "m"));
}

TEST(ErrorDetailsTest, NoDetailsAreNoChange) {
  Error error(StatusCode::kAborted, "m");
  EXPECT_TRUE(AddDetails(error, {}).ok());
  EXPECT_EQ(error, Error(StatusCode::kAborted, "m"));
}

TEST(ErrorDetailsTest, DetailsThatAreNotBelievedGiveWayToNewOnes) {
  for (const std::string& before :
       {std::string("garbage"), StatusBytes(5, "m", Detail(kErrorInfoUrl, Bytes(1, "old")))}) {
    Error error = Error(StatusCode::kAborted, "m").WithDetails(before);
    ASSERT_TRUE(AddDetail(error, Info("new")).ok());
    EXPECT_EQ(error.details(), StatusBytes(10, "m", Detail(kErrorInfoUrl, Bytes(1, "new"))));
  }
}

// --- limits ------------------------------------------------------------------------------------------------------

// The error with the largest ErrorInfo that can be added to it.
Error Fill(const Error& error) {
  Error filled = error;
  std::size_t fits = 0;
  for (std::size_t step = kMaxErrorDetails; step > 0; step /= 2) {
    Error larger = error;
    if (!AddDetail(larger, Info(std::string(fits + step, 'r'))).ok()) continue;
    filled = std::move(larger);
    fits += step;
  }
  return filled;
}

TEST(ErrorDetailsTest, ADetailThatDoesNotFitIsRefusedAndTheErrorIsAsBefore) {
  const Error before = WithDetails(Error(StatusCode::kAborted, "m"), Info("1"));
  Error error = before;
  const Status added = AddDetail(error, Info(std::string(5000, 'r')));
  EXPECT_EQ(added.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(added.message(), AllOf(HasSubstr("shorten"), HasSubstr("4096")));
  EXPECT_EQ(error, before);
}

TEST(ErrorDetailsTest, DetailsMayBeAsLargeAsTheHeaderSaysAndThatIsWhatTheTransportSends) {
  const Error full = Fill(Error(StatusCode::kAborted, "m"));
  EXPECT_EQ(full.details().size(), kMaxErrorDetails);
  wire::FieldList list;
  list.AddError(full);
  EXPECT_EQ(list.fields().size(), 3U);
  const std::string more = full.details() + Bytes(100, "");
  list.Clear();
  list.AddError(Error(full).WithDetails(more));
  EXPECT_EQ(list.fields().size(), 2U) << "more than kMaxErrorDetails is sent now: raise it";
}

// A list above header_list_soft costs the call its status.
TEST(ErrorDetailsTest, WhatFitsBesideALongMessageAndMetadataIsLess) {
  const Error long_message(StatusCode::kAborted, std::string(3000, 'm'));
  const Error much_metadata = Error(StatusCode::kAborted, "m").WithMetadata({{"key", std::string(6000, 'v')}});
  for (const Error& error : {long_message, much_metadata}) {
    const Error full = Fill(error);
    EXPECT_TRUE(FindDetail<rpc::ErrorInfo>(full).has_value());
    EXPECT_LT(full.details().size(), kMaxErrorDetails);
    wire::FieldList list;
    list.AddError(full);
    list.AddMetadata(full.metadata());
    std::size_t size = 0;
    for (const auto& field : list.fields()) size += field.name.size() + field.value.size() + 64;
    EXPECT_LT(size, Limits().header_list_soft);
    EXPECT_GT(size, Limits().header_list_soft - 512);
  }
}

TEST(ErrorDetailsTest, WithDetailsKeepsTheCodeAndTellsWhyThereAreNoDetails) {
  const Error before = WithDetails(Error(StatusCode::kAborted, "no seats"), Info("0"));
  const Error error = WithDetails(before, Info("1"), Info(std::string(5000, 'r')));
  EXPECT_EQ(error.code(), StatusCode::kAborted);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("no seats"), HasSubstr("without details"), HasSubstr("shorten")));
  EXPECT_EQ(error.details(), "");
}

// --- reading -----------------------------------------------------------------------------------------------------

TEST(ErrorDetailsTest, AnErrorWithoutDetailsHasNone) {
  const Error error(StatusCode::kAborted, "m");
  EXPECT_FALSE(FindDetail<rpc::ErrorInfo>(error).has_value());
  EXPECT_TRUE(FindDetails<rpc::ErrorInfo>(error).empty());
  EXPECT_EQ(RpcStatus(error).SerializeAsString(), StatusBytes(10, "m", ""));
}

TEST(ErrorDetailsTest, OnlyTheNameBehindTheLastSlashOfATypeUrlCounts) {
  const std::pair<std::string_view, bool> table[] = {{kErrorInfoUrl, true},
                                                     {"example.com/types/google.rpc.ErrorInfo", true},
                                                     {"/google.rpc.ErrorInfo", true},
                                                     {"google.rpc.ErrorInfo", false},
                                                     {"type.googleapis.com/rhei.rpc.ErrorInfo", false},
                                                     {"type.googleapis.com/x.google.rpc.ErrorInfo", false},
                                                     {"type.googleapis.com/google.rpc.ErrorInfo/", false},
                                                     {"", false}};
  for (const auto& [url, is_one] : table) {
    const Error error = Error(StatusCode::kAborted, "m").WithDetails(StatusBytes(10, "m", Detail(url, Bytes(1, "R"))));
    EXPECT_EQ(FindDetail<rpc::ErrorInfo>(error).has_value(), is_one) << url;
  }
}

// gRPC PROTOCOL-HTTP2, "Status-Details": a code inside must not contradict the status, and who reads it must verify.
TEST(ErrorDetailsTest, DetailsOfAnotherCodeAreNotBelieved) {
  const std::string detail = Detail(kErrorInfoUrl, Bytes(1, "R"));
  const auto found = [&](StatusCode code, const std::string& details) {
    const Error error = Error(code, "m").WithDetails(details);
    EXPECT_EQ(RpcStatus(error).code(), static_cast<int>(code));
    EXPECT_EQ(error.details(), details) << "the bytes themselves stay";
    return FindDetail<rpc::ErrorInfo>(error).has_value();
  };
  EXPECT_TRUE(found(StatusCode::kAborted, StatusBytes(10, "m", detail)));
  EXPECT_TRUE(found(StatusCode::kAborted, StatusBytes(10, "another message", detail)));
  EXPECT_FALSE(found(StatusCode::kAborted, StatusBytes(5, "m", detail)));
  EXPECT_FALSE(found(StatusCode::kAborted, StatusBytes(99, "m", detail)));
  EXPECT_FALSE(found(StatusCode::kAborted, Number(1, static_cast<std::uint64_t>(-1)) + detail));
  // No code at all contradicts nothing.
  EXPECT_TRUE(found(StatusCode::kAborted, detail));
  // Nor does a code of a later gRPC, which is UNKNOWN here, in grpc-status as well.
  EXPECT_TRUE(found(StatusCode::kUnknown, StatusBytes(99, "m", detail)));
}

TEST(ErrorDetailsTest, ADetailThatCannotBeReadIsPassedOver) {
  const std::string bytes = StatusBytes(
      10, "m", Detail(kErrorInfoUrl, "\x0a\x7f") + Detail("x/unheard.Of", "?") + Detail(kErrorInfoUrl, Bytes(1, "R")));
  const Error error = Error(StatusCode::kAborted, "m").WithDetails(bytes);
  EXPECT_EQ(FindDetail<rpc::ErrorInfo>(error)->reason(), "R");
  EXPECT_EQ(FindDetails<rpc::ErrorInfo>(error).size(), 1U);
  EXPECT_EQ(RpcStatus(error).details_size(), 3);
}

TEST(ErrorDetailsTest, UnknownDetailsSurviveWhatIsAddedBehindThem) {
  const std::string unknown = Detail("x/unheard.Of", "?");
  Error error = Error(StatusCode::kAborted, "m").WithDetails(StatusBytes(10, "m", unknown));
  ASSERT_TRUE(AddDetail(error, Info("R")).ok());
  EXPECT_EQ(error.details(), StatusBytes(10, "m", unknown + Detail(kErrorInfoUrl, Bytes(1, "R"))));
}

TEST(ErrorDetailsTest, CutBytesHaveNoDetail) {
  const std::string whole = StatusBytes(10, "m", Detail(kErrorInfoUrl, Bytes(1, "R")));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Error error = Error(StatusCode::kAborted, "m").WithDetails(std::string_view(whole).substr(0, size));
    EXPECT_FALSE(FindDetail<rpc::ErrorInfo>(error).has_value()) << size;
  }
}

TEST(ErrorDetailsTest, NoBytesDoHarm) {
  const google::protobuf::LogSilencer silencer;
  const std::string whole = StatusBytes(10, "m", Detail(kErrorInfoUrl, Bytes(1, "R") + Bytes(3, Bytes(1, "k"))));
  std::mt19937 random(7);
  int found = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    for (unsigned change = random() % 4; change > 0; --change) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    Error error = Error(StatusCode::kAborted, "m").WithDetails(bytes);
    if (const auto info = FindDetail<rpc::ErrorInfo>(error)) found += info->reason() == "R";
    ASSERT_TRUE(AddDetail(error, Info("new")).ok());
    ASSERT_EQ(FindDetails<rpc::ErrorInfo>(error).back().reason(), "new");
  }
  EXPECT_GT(found, 1000);
  EXPECT_LT(found, 19'000);
}

}  // namespace
}  // namespace rhei::inline v0
