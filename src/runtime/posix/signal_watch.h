// SignalWatch: waits for the signals that ask a process to end.
#pragma once

namespace rhei::inline v0::runtime::posix {

// While one lives, SIGTERM and SIGINT are its to handle; afterwards what was there before is there again. One at a time
// in a process: a second one is `taken()` and hears nothing.
class SignalWatch {
 public:
  SignalWatch();
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  bool taken() const { return taken_; }

  // Blocks until a signal came (true) or Wake was called (false) since the last time it returned.
  bool Wait();
  // Any thread.
  void Wake();

 private:
  bool taken_ = false;
};

}  // namespace rhei::inline v0::runtime::posix
