// Two connections of ours under scripts that are drawn from seeds, thousands of them: what fuzz/pair.cc does, for every
// compiler, without a corpus, in seconds.
//
//     pair_seeds_test [FIRST [COUNT]]      a seed that fails is named; pair_seeds_test SEED 1 repeats it
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "fuzz/support/pair_world.h"
#include "fuzz/support/session.h"

namespace {

using namespace rhei::fuzz;

volatile std::sig_atomic_t current_seed = 0;

// A check that does not hold ends the process; this says which seed it was, by what a signal handler may call.
void NameTheSeed(int) {
  char text[16];
  const char* const end = std::to_chars(text, text + sizeof text - 1, static_cast<int>(current_seed)).ptr;
  std::string_view line(text, static_cast<std::size_t>(end - text));
  (void)!write(STDERR_FILENO, "seed ", 5);
  (void)!write(STDERR_FILENO, line.data(), line.size());
  (void)!write(STDERR_FILENO, "\n", 1);
}

void RunSeed(int seed) {
  std::mt19937 random(static_cast<std::uint32_t>(seed));
  std::string script(30 + random() % 600, '\0');
  for (char& byte : script) byte = static_cast<char>(random());
  Input input(reinterpret_cast<const std::uint8_t*>(script.data()), script.size());
  auto client = std::make_unique<Session>(rhei::http2::Role::kClient, HonestLimits(input));
  auto server = std::make_unique<Session>(rhei::http2::Role::kServer, HonestLimits(input));
  PairWorld(std::move(client), std::move(server), input).Run();
}

}  // namespace

int main(int argc, char** argv) {
  const int first = argc > 1 ? std::atoi(argv[1]) : 1;
  const int count = argc > 2 ? std::atoi(argv[2]) : RHEI_PAIR_SEEDS;
  std::signal(SIGABRT, NameTheSeed);
  for (int seed = first; seed < first + count; ++seed) {
    current_seed = seed;
    RunSeed(seed);
  }
  std::printf("%d seeds, from %d on\n", count, first);
  return count > 0 ? 0 : 1;
}
