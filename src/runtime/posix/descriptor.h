// A file descriptor that is owned.
#pragma once

#include <cstddef>
#include <utility>

namespace rhei::inline v0::runtime::posix {

// Closes what it holds. A value that is moved, never copied.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  ~Descriptor() { Reset(); }

  explicit operator bool() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }
  int Release() { return std::exchange(descriptor_, -1); }
  void Reset(int descriptor = -1);

 private:
  int descriptor_ = -1;
};

// A descriptor of nothing, kept so that one can be given up when the process has no other left. Empty when even this
// one could not be had.
Descriptor OpenReserve();

// How many descriptors the process may have.
std::size_t MostDescriptors();

// Has the kernel make the table of this process's descriptors as large now as the process may need it, at most for
// 16 Ki of them: 8 bytes each. The kernel doubles a table that is full, and the thread whose descriptor found no room
// waits meanwhile until each CPU has let go of the old one: some 20 ms in a process of several threads, in which the
// loop that accepts serves nobody (expand_fdtable in Linux's fs/file.c).
void WidenDescriptorTable();

}  // namespace rhei::inline v0::runtime::posix
