#include "client.h"

#include <chrono>
#include <iostream>
#include <sstream>
#include <string_view>

namespace demo {

int RunClient(int argc, char** argv,
              const std::function<std::function<std::string()>(const rhei::Channel& channel, const Asked& asked,
                                                               const rhei::CallOptions& options)>& ask) {
  const bool wait = argc == 3 && std::string_view(argv[2]) == "--wait-for-ready";
  if (argc != 2 && !wait) {
    std::cerr << "give the server's address: " << argv[0] << " TARGET [--wait-for-ready]\n";
    return 2;
  }
  // Short waits between attempts to connect, so that the demo need not wait for them; the default begins at 1 s.
  const rhei::Channel channel = rhei::Connect(
      argv[1], rhei::ChannelOptions().Backoff(std::chrono::milliseconds(50), std::chrono::milliseconds(500)));
  const rhei::CallOptions options = rhei::CallOptions().WaitForReady(wait);
  for (std::string line; std::getline(std::cin, line);) {
    Asked asked;
    std::istringstream(line) >> asked.name >> asked.delay;
    const std::function<std::string()> answer = ask(channel, asked, options);
    std::cout << asked.name << ": asking" << std::endl;
    std::cout << asked.name << ": " << answer() << std::endl;
  }
  return 0;
}

}  // namespace demo
