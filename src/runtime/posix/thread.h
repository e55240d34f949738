// Threads as the operating system sees them.
#pragma once

#include <signal.h>

#include <cstddef>
#include <string>

namespace rhei::inline v0::runtime::posix {

// The CPUs that the process may use; at least 1.
std::size_t UsableCpus();

// What debuggers and `top` show for the calling thread. The system keeps 15 bytes.
void NameThisThread(const std::string& name);

// While it lives, the calling thread takes no signal that is meant for the whole process. Threads that it starts
// inherit that for good: so handlers of signals run on the user's threads and never on rhei's.
class SignalsBlocked {
 public:
  SignalsBlocked();
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace rhei::inline v0::runtime::posix
