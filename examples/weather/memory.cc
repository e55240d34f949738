#include "memory.h"

#include <fstream>
#include <string>

namespace weather {
namespace {

std::uint64_t ReadResident(const std::string& process) {
  std::ifstream status("/proc/" + process + "/status");
  for (std::string word; status >> word;) {
    std::uint64_t kibibytes = 0;
    if (word == "VmRSS:" && status >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

}  // namespace

std::uint64_t ResidentMemory(std::uint64_t process) { return ReadResident(std::to_string(process)); }
std::uint64_t ResidentMemory() { return ReadResident("self"); }

}  // namespace weather
