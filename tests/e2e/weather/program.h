// A program that a test runs as a process of its own.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rhei::e2e {

// Talks to the process over its standard input and output, by lines. Its standard error is the test's own. A process
// that still runs when the object dies is killed.
class Program {
 public:
  explicit Program(const std::vector<std::string>& command);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void WriteLine(std::string_view line);
  // Without its end of line. Blocks until there is one; empty at the end of the output.
  std::string ReadLine();

  // Closes its input, waits for its end, and returns its exit code; 128 plus the signal's number for one that a signal
  // ended.
  int Wait();
  // Wait, after a SIGTERM.
  int Terminate();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, Close>;

  pid_t pid_ = -1;  // -1: none, or ended
  File input_;
  File output_;
};

// The port of a server that begins with a line "listening on PORT"; 0 if it says anything else.
int ReadPort(Program& server);

}  // namespace rhei::e2e
