#include "tests/e2e/weather/program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace rhei::e2e {
namespace {

// Closed on exec, so that no process holds the other end of another one's pipe open.
std::array<int, 2> MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  return ends;
}

}  // namespace

Program::Program(const std::vector<std::string>& command) {
  const std::array<int, 2> input = MakePipe();
  const std::array<int, 2> output = MakePipe();
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  if (posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ) != 0) pid_ = -1;
  posix_spawn_file_actions_destroy(&actions);
  close(input[0]);
  close(output[1]);
  input_.reset(fdopen(input[1], "w"));
  output_.reset(fdopen(output[0], "r"));
}

Program::~Program() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Program::WriteLine(std::string_view line) {
  std::fprintf(input_.get(), "%.*s\n", static_cast<int>(line.size()), line.data());
  std::fflush(input_.get());
}

std::string Program::ReadLine() {
  char* line = nullptr;
  std::size_t capacity = 0;
  const ssize_t size = getline(&line, &capacity, output_.get());
  std::string text;
  if (size > 0) text.assign(line, static_cast<std::size_t>(line[size - 1] == '\n' ? size - 1 : size));
  std::free(line);
  return text;
}

int Program::Wait() {
  input_.reset();
  if (pid_ < 0) return -1;
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) return -1;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int Program::Terminate() {
  if (pid_ > 0) kill(pid_, SIGTERM);
  return Wait();
}

int ReadPort(Program& server) {
  const std::string line = server.ReadLine();
  constexpr std::string_view kPrefix = "listening on ";
  return line.starts_with(kPrefix) ? std::atoi(line.c_str() + kPrefix.size()) : 0;
}

}  // namespace rhei::e2e
