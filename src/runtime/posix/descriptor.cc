#include "runtime/posix/descriptor.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace rhei::inline v0::runtime::posix {
namespace {

constexpr std::size_t kLargestTable = 16 * 1024;

}  // namespace

void Descriptor::Reset(int descriptor) {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = descriptor;
}

Descriptor OpenReserve() { return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

std::size_t MostDescriptors() {
  rlimit limit;
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

void WidenDescriptorTable() {
  const std::size_t most = MostDescriptors();
  if (most == 0) return;
  const auto last = static_cast<int>(std::min(most, kLargestTable) - 1);
  // That it is closed again leaves the table as it is.
  const Descriptor any = OpenReserve();
  Descriptor(::fcntl(any.get(), F_DUPFD_CLOEXEC, last));
}

}  // namespace rhei::inline v0::runtime::posix
