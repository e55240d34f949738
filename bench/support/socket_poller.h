// Waits until one of many sockets has something to read.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

#include "support/socket.h"

namespace rhei::bench {

// epoll, level-triggered, with an optional spin before it sleeps. A socket that is closed leaves by itself.
class SocketPoller {
 public:
  // `busy_poll`: how long to look again and again before sleeping, counted anew in each Wait.
  explicit SocketPoller(std::chrono::microseconds busy_poll);
  SocketPoller(const SocketPoller&) = delete;
  SocketPoller& operator=(const SocketPoller&) = delete;
  ~SocketPoller();

  // `key` comes back in `data.u32` of the events of this socket.
  void Watch(const Socket& socket, std::uint32_t key);

  // Watches standard input for its end, or for anything to read there.
  void WatchStandardInput(std::uint32_t key);

  // The sockets that can be read from (or whose peer is gone), at least one. Valid until the next call.
  std::span<const epoll_event> Wait();

 private:
  void WatchDescriptor(int descriptor, std::uint32_t key);
  int Poll(int timeout_ms);

  const std::chrono::microseconds busy_poll_;
  int descriptor_;
  std::array<epoll_event, 64> events_;
};

}  // namespace rhei::bench
