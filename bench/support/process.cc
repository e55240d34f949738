#include "support/process.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace rhei::bench {
namespace {

double Seconds(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) Die("clock_gettime");
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

void Die(const char* what) {
  std::fprintf(stderr, "%s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

void PinToCpu(int cpu) {
  if (cpu < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) Die("pin to a core");
}

std::optional<double> CpuSecondsOf(std::int64_t pid) {
  // Nanoseconds, where /proc/PID/stat counts in hundredths of a second.
  clockid_t clock;
  if (clock_getcpuclockid(static_cast<pid_t>(pid), &clock) != 0) return std::nullopt;
  return Seconds(clock);
}

double OwnCpuSeconds() { return Seconds(CLOCK_PROCESS_CPUTIME_ID); }

void SpinCpu(std::chrono::microseconds time) {
  const double end = Seconds(CLOCK_THREAD_CPUTIME_ID) + std::chrono::duration<double>(time).count();
  while (Seconds(CLOCK_THREAD_CPUTIME_ID) < end) {
  }
}

void AnnouncePort(int port) {
  std::printf("listening on %d\n", port);
  std::fflush(stdout);
}

TerminationSignal::TerminationSignal() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

void TerminationSignal::Wait() const {
  int signal = 0;
  sigwait(&signals_, &signal);
}

}  // namespace rhei::bench
