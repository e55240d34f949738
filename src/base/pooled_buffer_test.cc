#include "base/pooled_buffer.h"

#include <gtest/gtest.h>

#include <string>

namespace rhei::inline v0 {
namespace {

TEST(PooledBufferTest, HoldsWhatIsAppendedWhateverItsSize) {
  PooledBuffer buffer;
  std::string expected;
  for (std::size_t size = 0; size < 3'000; size += 13) {
    const std::string piece(size, static_cast<char>('a' + size % 26));
    buffer.Append(piece);
    expected += piece;
    ASSERT_EQ(buffer.size(), expected.size());
  }
  EXPECT_EQ(buffer.view(), expected);
}

TEST(PooledBufferTest, ReservedRoomIsNotLeft) {
  PooledBuffer buffer;
  buffer.Append("ab");
  buffer.Reserve(100);
  const char* const place = buffer.view().data();
  buffer.Append(std::string(98, 'c'));
  EXPECT_EQ(buffer.view().data(), place);
  buffer.Reserve(50);
  EXPECT_EQ(buffer.view(), "ab" + std::string(98, 'c'));
}

TEST(PooledBufferTest, ClearForgetsEverythingAndItGoesOnFromThere) {
  PooledBuffer buffer;
  buffer.Append(std::string(70'000, 'x'));
  buffer.Clear();
  EXPECT_EQ(buffer.view(), "");
  buffer.Append("new");
  EXPECT_EQ(buffer.view(), "new");
}

}  // namespace
}  // namespace rhei::inline v0
