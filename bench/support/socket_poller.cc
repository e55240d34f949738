#include "support/socket_poller.h"

#include <unistd.h>

#include <cerrno>

#include "support/process.h"

namespace rhei::bench {

SocketPoller::SocketPoller(std::chrono::microseconds busy_poll)
    : busy_poll_(busy_poll), descriptor_(epoll_create1(EPOLL_CLOEXEC)) {
  if (descriptor_ < 0) Die("epoll_create1");
}

SocketPoller::~SocketPoller() { close(descriptor_); }

void SocketPoller::Watch(const Socket& socket, std::uint32_t key) { WatchDescriptor(socket.descriptor(), key); }

void SocketPoller::WatchStandardInput(std::uint32_t key) { WatchDescriptor(STDIN_FILENO, key); }

void SocketPoller::WatchDescriptor(int descriptor, std::uint32_t key) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = key;
  if (epoll_ctl(descriptor_, EPOLL_CTL_ADD, descriptor, &event) != 0) Die("epoll_ctl");
}

std::span<const epoll_event> SocketPoller::Wait() {
  using Clock = std::chrono::steady_clock;
  int ready = 0;
  if (busy_poll_.count() > 0) {
    const Clock::time_point give_up = Clock::now() + busy_poll_;
    do {
      ready = Poll(0);
    } while (ready == 0 && Clock::now() < give_up);
  }
  while (ready == 0) ready = Poll(-1);
  return std::span(events_).first(static_cast<std::size_t>(ready));
}

int SocketPoller::Poll(int timeout_ms) {
  const int ready = epoll_wait(descriptor_, events_.data(), static_cast<int>(events_.size()), timeout_ms);
  if (ready < 0 && errno != EINTR) Die("epoll_wait");
  return ready < 0 ? 0 : ready;
}

}  // namespace rhei::bench
