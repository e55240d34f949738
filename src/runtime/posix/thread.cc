#include "runtime/posix/thread.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <thread>

namespace rhei::inline v0::runtime::posix {

std::size_t UsableCpus() {
  cpu_set_t usable;
  CPU_ZERO(&usable);
  if (::sched_getaffinity(0, sizeof(usable), &usable) == 0) return std::max(1, CPU_COUNT(&usable));
  return std::max(1u, std::thread::hardware_concurrency());  // more CPUs than a cpu_set_t can tell
}

void NameThisThread(const std::string& name) { ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str()); }

SignalsBlocked::SignalsBlocked() {
  sigset_t blocked;
  ::sigfillset(&blocked);
  // A fault belongs to the thread that makes it, and a profiler wants to see every thread.
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF}) ::sigdelset(&blocked, signal);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before_);
}

SignalsBlocked::~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace rhei::inline v0::runtime::posix
