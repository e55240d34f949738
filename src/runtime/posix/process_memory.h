// What memory the process has, and what it may have.
#pragma once

#include <cstddef>
#include <string>

#include "runtime/posix/descriptor.h"

namespace rhei::inline v0::runtime::posix {

// Reads how much memory of its own the process has at hand: what the heap, the stacks and other anonymous memory really
// take, without pages that files could fill again. Keeps a descriptor, so that it can be read when there is no other.
class ProcessMemory {
 public:
  ProcessMemory();
  // 0 if the system does not tell. A system call.
  std::size_t Used() const;

 private:
  Descriptor statm_;
};

// What the process may have before the system ends it: the least of the machine's memory and the limits of its control
// group and of those that this one lies in. Reads files. `root` is where the system's files lie; tests have others.
std::size_t MemoryLimit(const std::string& root = "");

// Gives memory back to the system that was freed and that the heap keeps for later. Takes milliseconds where that is
// much.
void ReleaseFreedMemory();

}  // namespace rhei::inline v0::runtime::posix
