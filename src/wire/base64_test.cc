#include "wire/base64.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace rhei::inline v0::wire {
namespace {

std::string Encode(std::string_view bytes) {
  std::string coded;
  AppendBase64(bytes, coded);
  return coded;
}

bool Decodes(std::string_view coded) {
  std::string bytes;
  return AppendBase64Decoded(coded, bytes);
}

// RFC 4648 §10, without the padding.
TEST(Base64Test, CodesTheExamplesOfTheRfc) {
  constexpr std::pair<std::string_view, std::string_view> kExamples[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, coded] : kExamples) {
    EXPECT_EQ(Encode(bytes), coded);
    std::string decoded = "before ";
    EXPECT_TRUE(AppendBase64Decoded(coded, decoded));
    EXPECT_EQ(decoded, "before " + std::string(bytes));
  }
}

TEST(Base64Test, ReadsPaddedAndUnpadded) {
  for (const std::string_view coded : {"Zg==", "Zg", "Zm8=", "Zm8", "Zm9v", "+/+/"})
    EXPECT_TRUE(Decodes(coded)) << coded;
}

TEST(Base64Test, RefusesWhatIsNotBase64) {
  for (const std::string_view coded : {"=", "==", "====", "Z", "Z===", "Zg=", "Zg===", "Zm8==", "Zm9v=", "Zm9v====",
                                       "Z=g=", "Zm 9v", "Zm9v\n", "%%%", "Zm9vY", "Zm9-", "Zm9_", "Zg,Zg"}) {
    EXPECT_FALSE(Decodes(coded)) << coded;
  }
  EXPECT_FALSE(Decodes(std::string_view("Zm\0v", 4)));
}

TEST(Base64Test, RoundTripsAnyBytes) {
  std::mt19937 random(1);
  for (int round = 0; round < 10'000; ++round) {
    std::string bytes(random() % 50, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    std::string coded = Encode(bytes);
    std::string decoded;
    ASSERT_TRUE(AppendBase64Decoded(coded, decoded));
    ASSERT_EQ(decoded, bytes);
    while (coded.size() % 4 != 0) coded.push_back('=');
    decoded.clear();
    ASSERT_TRUE(AppendBase64Decoded(coded, decoded));
    ASSERT_EQ(decoded, bytes);
  }
}

}  // namespace
}  // namespace rhei::inline v0::wire
