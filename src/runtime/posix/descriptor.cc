#include "runtime/posix/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

namespace rhei::inline v0::runtime::posix {

void Descriptor::Reset(int descriptor) {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = descriptor;
}

Descriptor OpenReserve() { return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace rhei::inline v0::runtime::posix
