#include "runtime/posix/process_memory.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <string_view>

namespace rhei::inline v0::runtime::posix {
namespace {

std::size_t PageSize() {
  static const long size = sysconf(_SC_PAGESIZE);
  return static_cast<std::size_t>(size);
}

// The number that the file holds; SIZE_MAX if there is no file or it says something else, such as "max".
std::size_t ReadLimit(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc() && end == word.data() + word.size() && value > 0 ? value : SIZE_MAX;
}

// The least limit of a control group and of those around it. In a container the group's path may be the host's, and the
// files those of the container's own group: then the path is not found, and what lies at its end is.
std::size_t LeastLimit(const std::string& mount, std::string group, std::string_view file) {
  std::size_t least = SIZE_MAX;
  while (true) {
    least = std::min(least, ReadLimit(mount + group + "/" + std::string(file)));
    if (group.empty()) return least;
    group.resize(group.find_last_of('/'));
  }
}

// cgroups(7): each line is "number:controllers:path", of version 2 without controllers.
std::size_t ControlGroupLimit(const std::string& root) {
  std::size_t least = SIZE_MAX;
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    std::string path = line.substr(second + 1);
    if (path.empty() || path.front() != '/') continue;
    if (path == "/") path.clear();
    if (controllers == ",,") {
      least = std::min(least, LeastLimit(root + "/sys/fs/cgroup", path, "memory.max"));
    } else if (controllers.find(",memory,") != std::string::npos) {
      least = std::min(least, LeastLimit(root + "/sys/fs/cgroup/memory", path, "memory.limit_in_bytes"));
    }
  }
  return least;
}

}  // namespace

ProcessMemory::ProcessMemory() : statm_(open("/proc/self/statm", O_RDONLY | O_CLOEXEC)) {}

// proc(5): pages in all, those that are resident, those of them that files back, and more.
std::size_t ProcessMemory::Used() const {
  std::array<char, 128> text{};
  const ssize_t size = pread(statm_.get(), text.data(), text.size(), 0);
  if (size <= 0) return 0;
  const char* at = text.data();
  const char* const end = text.data() + size;
  std::array<std::size_t, 3> pages{};
  for (std::size_t& count : pages) {
    const auto [after, error] = std::from_chars(at, end, count);
    if (error != std::errc() || after == end) return 0;
    at = after + 1;
  }
  return (pages[1] - std::min(pages[1], pages[2])) * PageSize();
}

std::size_t MemoryLimit(const std::string& root) {
  const auto pages = static_cast<std::size_t>(std::max(0L, sysconf(_SC_PHYS_PAGES)));
  return std::min(pages > 0 ? pages * PageSize() : SIZE_MAX, ControlGroupLimit(root));
}

void ReleaseFreedMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace rhei::inline v0::runtime::posix
