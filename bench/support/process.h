// What a benchmark program asks of its process: a core, CPU times, the signal to end, its port made known.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>

namespace rhei::bench {

// Prints what failed and the system's reason (errno) to stderr, and exits with 1.
[[noreturn]] void Die(const char* what);

// Keeps this thread, and every thread it starts from now on, on one core. -1 does nothing.
void PinToCpu(int cpu);

// Seconds of CPU that a process has used so far, user and system, all its threads, ended ones too. Nothing when there
// is no such process.
std::optional<double> CpuSecondsOf(std::int64_t pid);
double OwnCpuSeconds();

// Uses so much CPU time of this thread, however many threads share its core.
void SpinCpu(std::chrono::microseconds time);

// Tells the driver where the server listens: the line "listening on PORT".
void AnnouncePort(int port);

// The request to end. Make it before any thread starts: SIGTERM and SIGINT are blocked from then on, in all threads
// that follow, and reach only Wait.
class TerminationSignal {
 public:
  TerminationSignal();
  void Wait() const;

 private:
  sigset_t signals_;
};

}  // namespace rhei::bench
