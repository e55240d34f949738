#include "runtime/posix/signal_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace rhei::inline v0::runtime::posix {
namespace {

// A signal handler can reach nothing but globals: the pipe of the one watch that there may be.
std::atomic<bool> in_use{false};
int pipe_ends[2] = {-1, -1};
struct sigaction previous_term;
struct sigaction previous_int;

void Tell(char what) {
  const int kept = errno;
  // A full pipe holds messages enough.
  [[maybe_unused]] const ssize_t written = write(pipe_ends[1], &what, 1);
  errno = kept;
}

void OnSignal(int) { Tell('s'); }

}  // namespace

SignalWatch::SignalWatch() {
  taken_ = in_use.exchange(true);
  if (taken_) return;
  if (pipe_ends[0] < 0 && pipe2(pipe_ends, O_CLOEXEC) != 0) {
    taken_ = true;  // without a pipe it would hear nothing either
    in_use = false;
    return;
  }
  fcntl(pipe_ends[1], F_SETFL, O_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGTERM, &action, &previous_term);
  sigaction(SIGINT, &action, &previous_int);
}

SignalWatch::~SignalWatch() {
  if (taken_) return;
  sigaction(SIGTERM, &previous_term, nullptr);
  sigaction(SIGINT, &previous_int, nullptr);
  // What was told and not waited for is not for the next watch.
  fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK);
  char what = 0;
  while (read(pipe_ends[0], &what, 1) == 1) {
  }
  fcntl(pipe_ends[0], F_SETFL, 0);
  in_use = false;
}

bool SignalWatch::Wait() {
  // poll, because a read that is restarted after a signal keeps ThreadSanitizer from running the handler.
  pollfd told{pipe_ends[0], POLLIN, 0};
  char what = 0;
  while (poll(&told, 1, -1) <= 0 || read(pipe_ends[0], &what, 1) != 1) {
  }
  return what == 's';
}

void SignalWatch::Wake() { Tell('w'); }

}  // namespace rhei::inline v0::runtime::posix
