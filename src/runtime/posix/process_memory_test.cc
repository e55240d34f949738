#include "runtime/posix/process_memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace rhei::inline v0::runtime::posix {
namespace {

TEST(ProcessMemoryTest, WhatIsTakenIsCounted) {
  const ProcessMemory memory;
  const std::size_t before = memory.Used();
  EXPECT_GT(before, 100U * 1024);
  std::vector<char> taken(64 << 20, 'x');
  const std::size_t with = memory.Used();
  EXPECT_GE(with, before + (60U << 20));
  EXPECT_EQ(taken.back(), 'x');
}

// A directory that looks like a system with control groups.
class MemoryLimitTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = ::testing::TempDir() + "rhei_memory_limit_" + std::to_string(reinterpret_cast<std::uintptr_t>(this));
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void Write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  std::string root_;
};

TEST_F(MemoryLimitTest, WithoutGroupsItIsTheMachines) {
  const std::size_t machine = MemoryLimit(root_);
  EXPECT_GT(machine, 64U << 20);
  EXPECT_LT(machine, SIZE_MAX);
  Write("/proc/self/cgroup", "0::/\nno line\n3:memory\n4:memory:relative\n");
  EXPECT_EQ(MemoryLimit(root_), machine);
}

TEST_F(MemoryLimitTest, OfVersionTwoTheLeastOfTheGroupsAroundCounts) {
  Write("/proc/self/cgroup", "0::/pods/one\n");
  Write("/sys/fs/cgroup/pods/one/memory.max", "max\n");
  Write("/sys/fs/cgroup/pods/memory.max", "67108864\n");
  EXPECT_EQ(MemoryLimit(root_), 67108864U);
}

TEST_F(MemoryLimitTest, OfVersionOneTheGroupOfTheMemoryControllerCounts) {
  Write("/proc/self/cgroup", "5:cpu,cpuacct:/a\n4:blkio,memory:/b\n");
  Write("/sys/fs/cgroup/memory/b/memory.limit_in_bytes", "33554432\n");
  Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  Write("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "4096\n");
  EXPECT_EQ(MemoryLimit(root_), 33554432U);
}

TEST_F(MemoryLimitTest, InAContainerThePathIsTheHostsAndTheFilesAreItsOwn) {
  Write("/proc/self/cgroup", "0::/kubepods/pod1/abc\n");
  Write("/sys/fs/cgroup/memory.max", "16777216\n");
  EXPECT_EQ(MemoryLimit(root_), 16777216U);
}

}  // namespace
}  // namespace rhei::inline v0::runtime::posix
