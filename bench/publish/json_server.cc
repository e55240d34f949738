// The server of the benchmark `publish` for JSON over HTTP/1.1 in C++: cpp-httplib and nlohmann/json.
#include <httplib.h>

#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>

#include "publish/base64.h"
#include "support/arguments.h"
#include "support/process.h"

namespace rhei::bench {
namespace {

// A connection has a thread of its own for as long as it is kept alive.
constexpr std::size_t kThreads = 128;
constexpr time_t kKeepAliveSeconds = 60;
constexpr int kBadRequest = 400;

void Publish(const httplib::Request& request, httplib::Response& response) {
  const nlohmann::json message = nlohmann::json::parse(request.body, nullptr, false);
  std::optional<std::string> data;
  if (message.is_object() && message.contains("topic") && message.contains("data") && message["data"].is_string()) {
    data = DecodeBase64(message["data"].get_ref<const std::string&>());
  }
  if (!data) {
    response.status = kBadRequest;
    return;
  }
  response.set_content(nlohmann::json{{"bytes", data->size()}}.dump(), "application/json");
}

int Main(int argc, char** argv) {
  const ServerArguments arguments =
      StartServer(argc, argv, "JSON over HTTP/1.1 in C++, server of messages to publish.");
  RefuseBusyPoll(arguments.busy_poll, "cpp-httplib");
  const TerminationSignal termination;

  httplib::Server server;
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_keep_alive_max_count(std::numeric_limits<std::size_t>::max());
  server.set_keep_alive_timeout(kKeepAliveSeconds);
  server.set_tcp_nodelay(true);
  server.Post("/publish", Publish);
  int port = static_cast<int>(arguments.port);
  if (port == 0) {
    port = server.bind_to_any_port("127.0.0.1");
  } else if (!server.bind_to_port("127.0.0.1", port)) {
    port = -1;
  }
  if (port < 0) {
    std::fputs("cpp-httplib: cannot listen\n", stderr);
    return 1;
  }
  std::thread serving([&] { server.listen_after_bind(); });
  AnnouncePort(port);
  termination.Wait();
  server.stop();
  serving.join();
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
