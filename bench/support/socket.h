// Blocking and non-blocking TCP on 127.0.0.1, just enough for the peers that are written by hand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace rhei::bench {

// A connected or a listening socket; owns its file descriptor. Errors that a benchmark cannot go on after end the
// program with their reason.
class Socket {
 public:
  // Port 0 takes any free one.
  static Socket Listen(std::uint16_t port);
  static Socket Connect(std::uint16_t port);

  Socket() = default;
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  int descriptor() const { return descriptor_; }
  std::uint16_t local_port() const;

  // On a listening socket: the next connection, once there is one.
  Socket Accept() const;

  // Of what it sends; by Linux's name.
  void UseCongestionControl(const std::string& name) const;

  // Sends all of it, and waits where the kernel has no room. False when the peer is gone.
  bool Send(std::span<const std::byte> bytes) const;

  // Takes what is there, without waiting: how many bytes, 0 when there is nothing now, -1 when the peer is gone.
  std::ptrdiff_t Receive(std::span<std::byte> into) const;

  // The same, but waits until there is something.
  std::ptrdiff_t AwaitBytes(std::span<std::byte> into) const;

 private:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

}  // namespace rhei::bench
