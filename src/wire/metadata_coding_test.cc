#include "wire/metadata_coding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/percent_coding.h"

namespace rhei::inline v0::wire {
namespace {

using http2::HeaderField;
using http2::HeaderName;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

HeaderField Field(std::string_view name, std::string_view value, HeaderName token = HeaderName::kOther) {
  HeaderField field;
  field.name = name;
  field.value = value;
  field.token = token;
  return field;
}

std::vector<std::pair<std::string, std::string>> Copy(FieldList& list) {
  std::vector<std::pair<std::string, std::string>> copy;
  for (const HeaderField& field : list.fields()) copy.emplace_back(field.name, field.value);
  return copy;
}

// A serialised google.rpc.Status with this code and message.
std::string Details(int code, std::string_view message) {
  std::string bytes = {'\x08', static_cast<char>(code), '\x12', static_cast<char>(message.size())};
  return bytes.append(message);
}

TEST(ReceivedMetadataTest, KeepsUserFieldsAndLeavesOutTheProtocols) {
  Metadata metadata;
  EXPECT_TRUE(AddReceivedField(Field("x-user", "ann"), metadata));
  EXPECT_TRUE(AddReceivedField(Field("authorization", "Bearer a"), metadata));
  EXPECT_TRUE(AddReceivedField(Field("cookie", "a=b", HeaderName::kCookie), metadata));
  for (const HeaderName token : {HeaderName::kPath, HeaderName::kTe, HeaderName::kContentType, HeaderName::kGrpcStatus,
                                 HeaderName::kGrpcTimeout, HeaderName::kGrpcOther, HeaderName::kUserAgent}) {
    EXPECT_TRUE(AddReceivedField(Field("some-name", "v", token), metadata));
  }
  EXPECT_EQ(metadata, (Metadata{{"x-user", "ann"}, {"authorization", "Bearer a"}, {"cookie", "a=b"}}));
}

TEST(ReceivedMetadataTest, DecodesBinaryValuesPaddedOrNotAndSplitsThemAtCommas) {
  Metadata metadata;
  EXPECT_TRUE(AddReceivedField(Field("a-bin", "q6ur"), metadata));
  EXPECT_TRUE(AddReceivedField(Field("b-bin", "Zg=="), metadata));
  EXPECT_TRUE(AddReceivedField(Field("c-bin", "Zg,Zm8=,,Zm9v"), metadata));
  EXPECT_TRUE(AddReceivedField(Field("d-bin", ""), metadata));
  EXPECT_EQ(metadata, (Metadata{{"a-bin", "\xab\xab\xab"},
                                {"b-bin", "f"},
                                {"c-bin", "f"},
                                {"c-bin", "fo"},
                                {"c-bin", ""},
                                {"c-bin", "foo"},
                                {"d-bin", ""}}));
}

TEST(ReceivedMetadataTest, TellsOfBinaryValuesThatAreNotBase64) {
  Metadata metadata;
  EXPECT_FALSE(AddReceivedField(Field("a-bin", "%%%"), metadata));
  EXPECT_FALSE(AddReceivedField(Field("a-bin", "Zg,%"), metadata));
}

TEST(FieldListTest, CodesMetadataAsItIsReceived) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    Metadata sent;
    for (std::size_t i = random() % 8; i > 0; --i) {
      std::string value(random() % 60, 'v');
      if (random() % 2 == 0) {
        for (char& c : value) c = static_cast<char>(random());
        sent.Add("key" + std::to_string(random() % 3) + "-bin", value);
      } else {
        sent.Add("key" + std::to_string(random() % 3), value);
      }
    }
    FieldList list;
    list.AddMetadata(sent);
    Metadata received;
    for (const auto& [name, value] : Copy(list)) {
      ASSERT_EQ(value.find('='), std::string::npos);  // gRPC asks senders not to pad
      ASSERT_TRUE(AddReceivedField(Field(name, value), received));
    }
    ASSERT_EQ(received, sent);
  }
}

TEST(FieldListTest, IsEmptyWhenCleared) {
  FieldList list;
  list.Add("a", "b");
  const Metadata first{{"c-bin", "d"}};
  const Metadata second{{"e-bin", "f"}};
  list.AddMetadata(first);
  list.Clear();
  EXPECT_THAT(Copy(list), IsEmpty());
  list.AddMetadata(second);
  EXPECT_THAT(Copy(list), ElementsAre(Pair("e-bin", "Zg")));
}

TEST(FieldListTest, CodesAnError) {
  FieldList list;
  list.AddError(Error(StatusCode::kNotFound, "no \u263a").WithDetails(Details(5, "no")));
  EXPECT_THAT(Copy(list), ElementsAre(Pair("grpc-status", "5"), Pair("grpc-message", "no %E2%98%BA"),
                                      Pair("grpc-status-details-bin", "CAUSAm5v")));
}

TEST(FieldListTest, AnErrorWithoutMessageHasNone) {
  FieldList list;
  list.AddError(Error(StatusCode::kUnauthenticated));
  EXPECT_THAT(Copy(list), ElementsAre(Pair("grpc-status", "16")));
}

// gRPC PROTOCOL-HTTP2: the code in the details must be that of the status.
TEST(FieldListTest, LeavesOutDetailsOfAnotherCodeAndThoseThatAreNone) {
  for (const std::string& details :
       {Details(6, "no"), std::string("\x12\x7f", 2), std::string("garbage"), std::string(5000, '\x08')}) {
    FieldList list;
    list.AddError(Error(StatusCode::kNotFound, "m").WithDetails(details));
    EXPECT_THAT(Copy(list), ElementsAre(Pair("grpc-status", "5"), Pair("grpc-message", "m")));
  }
}

// Peers commonly refuse trailers above 8 KiB, counted with 32 bytes a field.
TEST(FieldListTest, CutsALongMessageBetweenCharactersSoThatTheStatusArrives) {
  for (const std::string_view unit : {"x", "\u263a", "\U0001F608", "%"}) {
    std::string message;
    while (message.size() < 20'000) message += unit;
    FieldList list;
    list.AddError(Error(StatusCode::kInternal, message).WithDetails(Details(13, "d")));
    std::size_t size = 0;
    for (const HeaderField& field : list.fields()) size += field.name.size() + field.value.size() + 32;
    EXPECT_LE(size, 8192U) << unit;
    const std::string sent = PercentDecode(Copy(list)[1].second);
    EXPECT_GE(sent.size(), 1000U);
    EXPECT_EQ(sent.size() % unit.size(), 0U);
    EXPECT_EQ(sent, message.substr(0, sent.size()));
  }
}

TEST(ReceivedStatusTest, TakesTheThreeFieldsOfAStatusAndNoOther) {
  ReceivedStatus status;
  EXPECT_FALSE(status.Take(Field("x", "y")));
  EXPECT_FALSE(status.present);
  EXPECT_TRUE(status.Take(Field("grpc-status", "5", HeaderName::kGrpcStatus)));
  EXPECT_TRUE(status.Take(Field("grpc-message", "%E2%98%BA", HeaderName::kGrpcMessage)));
  EXPECT_TRUE(status.Take(Field("grpc-status-details-bin", "CAUSAm5v", HeaderName::kGrpcStatusDetails)));
  EXPECT_TRUE(status.present);
  EXPECT_EQ(status.code, StatusCode::kNotFound);
  EXPECT_EQ(status.message, "\u263a");
  EXPECT_EQ(status.details, Details(5, "no"));
}

TEST(ReceivedStatusTest, AnUnknownNumberIsUnknownAndGarbageIsNone) {
  for (const std::string_view number : {"17", "99", "2147483647"}) {
    ReceivedStatus status;
    status.Take(Field("grpc-status", number, HeaderName::kGrpcStatus));
    EXPECT_TRUE(status.present) << number;
    EXPECT_EQ(status.code, StatusCode::kUnknown) << number;
  }
  for (const std::string_view number :
       {"", "OK", "-1", "1x", " 1", "+1", "99999999999999999999", "0x1", "1.0", "-0", "0 "}) {
    ReceivedStatus status;
    status.Take(Field("grpc-status", number, HeaderName::kGrpcStatus));
    EXPECT_FALSE(status.present) << number;
    EXPECT_EQ(status.code, StatusCode::kUnknown) << number;
  }
}

TEST(ReceivedStatusTest, DetailsThatAreNotBase64AreNone) {
  ReceivedStatus status;
  status.Take(Field("grpc-status-details-bin", "CAUS%", HeaderName::kGrpcStatusDetails));
  EXPECT_EQ(status.details, "");
}

TEST(DetailsCodeTest, FindsTheCodeWhereverItStands) {
  EXPECT_EQ(DetailsCode(Details(5, "no")), 5);
  EXPECT_EQ(DetailsCode(std::string_view("\x12\x02no\x08\x05", 6)), 5);
  EXPECT_EQ(DetailsCode(""), 0);
  EXPECT_EQ(DetailsCode(std::string_view("\x12\x02no", 4)), 0);
}

TEST(DetailsCodeTest, NeverReadsBeyondItsInput) {
  std::mt19937 random(3);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 16, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const std::string own(bytes);
    (void)DetailsCode(own);
  }
  for (const std::string_view bytes :
       {"\x08", "\x12\x05no", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\x0d"}) {
    EXPECT_EQ(DetailsCode(bytes), -1);
  }
}

}  // namespace
}  // namespace rhei::inline v0::wire
