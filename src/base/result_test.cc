#include "rhei/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace rhei::inline v0 {
namespace {

TEST(ErrorTest, HasCodeMessageAndOriginAndNoMoreByDefault) {
  const Error error(StatusCode::kNotFound, "no city Kyjiw", Origin::kRemote);
  EXPECT_EQ(error.code(), StatusCode::kNotFound);
  EXPECT_EQ(error.message(), "no city Kyjiw");
  EXPECT_EQ(error.origin(), Origin::kRemote);
  EXPECT_TRUE(error.details().empty());
  EXPECT_TRUE(error.metadata().empty());
  EXPECT_EQ(Error(StatusCode::kAborted).origin(), Origin::kLocal);
}

TEST(ErrorTest, IsNeverOk) { EXPECT_EQ(Error(StatusCode::kOk, "all is well").code(), StatusCode::kUnknown); }

TEST(ErrorTest, NamesItsCodeAndItsMessage) {
  EXPECT_EQ(Error(StatusCode::kUnavailable, "connect to 127.0.0.1:1: Connection refused").ToString(),
            "UNAVAILABLE: connect to 127.0.0.1:1: Connection refused");
  EXPECT_EQ(Error(StatusCode::kDataLoss).ToString(), "DATA_LOSS");
}

TEST(ErrorTest, CopiesAreEqualAndIndependent) {
  Error error = Error(StatusCode::kInternal, "a").WithDetails("details").WithMetadata(Metadata{{"key", "value"}});
  Error copy = error;
  EXPECT_EQ(copy, error);
  copy.SetMessage("b");
  EXPECT_EQ(error.message(), "a");
  EXPECT_NE(copy, error);
  error = copy;
  EXPECT_EQ(error.message(), "b");
  EXPECT_EQ(error.metadata().Get("key"), "value");
}

TEST(ErrorTest, ComparesAllItsParts) {
  const Error error(StatusCode::kInternal, "a");
  EXPECT_EQ(error, Error(StatusCode::kInternal, "a"));
  EXPECT_NE(error, Error(StatusCode::kUnknown, "a"));
  EXPECT_NE(error, Error(StatusCode::kInternal, "b"));
  EXPECT_NE(error, Error(StatusCode::kInternal, "a", Origin::kRemote));
  EXPECT_NE(error, Error(StatusCode::kInternal, "a").WithDetails("d"));
  EXPECT_NE(error, Error(StatusCode::kInternal, "a").WithMetadata(Metadata{{"k", "v"}}));
}

TEST(ErrorTest, AMovedFromErrorMayBeAssignedCopiedAndDestroyed) {
  Error error(StatusCode::kInternal, "a");
  const Error taken = std::move(error);
  const Error copy_of_nothing = error;  // NOLINT(bugprone-use-after-move)
  error = Error(StatusCode::kAborted, "b");
  EXPECT_EQ(error.message(), "b");
  EXPECT_EQ(taken.message(), "a");
}

TEST(ErrorTest, SelfAssignmentKeepsIt) {
  Error error(StatusCode::kInternal, "a");
  const Error& same = error;
  error = same;
  EXPECT_EQ(error.message(), "a");
}

TEST(ResultTest, HoldsAValueOrAnError) {
  Result<std::string> value = std::string("warm");
  ASSERT_TRUE(value.ok());
  EXPECT_TRUE(static_cast<bool>(value));
  EXPECT_EQ(value.code(), StatusCode::kOk);
  EXPECT_EQ(*value, "warm");
  EXPECT_EQ(value->size(), 4U);

  const Result<std::string> error = Error(StatusCode::kNotFound, "cold");
  ASSERT_FALSE(error.ok());
  EXPECT_EQ(error.code(), StatusCode::kNotFound);
  EXPECT_EQ(error.error().message(), "cold");
}

TEST(ResultTest, MovesValuesThatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 7);
}

TEST(StatusTest, IsOkByDefault) {
  const Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.code(), StatusCode::kOk);
  EXPECT_EQ(status.message(), "");
  EXPECT_EQ(status.ToString(), "OK");
}

TEST(StatusTest, CopiesItsError) {
  const Status status = Error(StatusCode::kAborted, "a");
  Status copy = status;
  EXPECT_EQ(copy.ToString(), "ABORTED: a");
  copy = Status();
  EXPECT_TRUE(copy.ok());
  copy = status;
  EXPECT_EQ(copy.message(), "a");
}

TEST(StatusCodeTest, EveryNumberOfTheProtocolHasItsName) {
  constexpr std::string_view kNames[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  for (int number = 0; number < kStatusCodeCount; ++number) {
    ASSERT_TRUE(StatusCodeFromNumber(number).has_value());
    EXPECT_EQ(Name(*StatusCodeFromNumber(number)), kNames[number]);
  }
  EXPECT_FALSE(StatusCodeFromNumber(-1).has_value());
  EXPECT_FALSE(StatusCodeFromNumber(17).has_value());
}

}  // namespace
}  // namespace rhei::inline v0
