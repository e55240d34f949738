// The client of the benchmark `publish` for JSON over HTTP/1.1 in C++: cpp-httplib and nlohmann/json. HTTP/1.1 has one
// request at a time on a connection, so it opens one for each message in flight, with a thread of its own.
#include <httplib.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "publish/base64.h"
#include "publish/publish_arguments.h"
#include "support/load_run.h"

namespace rhei::bench {
namespace {

// Where all threads begin and end their messages.
class Load {
 public:
  explicit Load(const PublishArguments& arguments) : data_(MessageData(arguments.payload)), run_(arguments) {}

  const std::string& data() const { return data_; }

  LoadRun::TimePoint Begin() {
    const std::scoped_lock lock(mutex_);
    return run_.Begin();
  }
  LoadRun::TimePoint BeginDue(LoadRun::TimePoint due) {
    const std::scoped_lock lock(mutex_);
    return run_.BeginDue(due);
  }
  bool End(LoadRun::TimePoint begun, const std::string& failure) {
    const std::scoped_lock lock(mutex_);
    if (!failure.empty() && !std::exchange(told_, true)) std::fprintf(stderr, "first failure: %s\n", failure.c_str());
    return run_.End(begun, failure.empty());
  }
  std::string ToJson() const { return run_.ToJson(); }

 private:
  const std::string data_;
  std::mutex mutex_;
  LoadRun run_;
  bool told_ = false;
};

// Sends one message. Empty, or what went wrong.
std::string Publish(httplib::Client& client, const std::string& data) {
  const std::string body = nlohmann::json{{"topic", kTopic}, {"data", EncodeBase64(data)}}.dump();
  const httplib::Result result = client.Post("/publish", body, "application/json");
  if (!result) return httplib::to_string(result.error());
  if (result->status != 200) return "HTTP status " + std::to_string(result->status);
  const nlohmann::json reply = nlohmann::json::parse(result->body, nullptr, false);
  const bool whole = reply.is_object() && reply.value("bytes", std::size_t{0}) == data.size();
  return whole ? std::string() : "the reply is not what it should be: " + result->body;
}

// A client that is connected. One after the other: cpp-httplib's server has room for five that it has not accepted yet.
std::unique_ptr<httplib::Client> Connect(std::int64_t port) {
  auto client = std::make_unique<httplib::Client>("127.0.0.1", static_cast<int>(port));
  client->set_keep_alive(true);
  client->set_tcp_nodelay(true);
  if (const std::string failure = Publish(*client, "first"); !failure.empty()) {
    std::fprintf(stderr, "cpp-httplib: cannot connect: %s\n", failure.c_str());
    std::exit(1);
  }
  return client;
}

void PublishOnAndOn(Load* load, httplib::Client* client, std::optional<Pace> pace) {
  bool go_on = true;
  while (go_on) {
    LoadRun::TimePoint begun;
    if (pace) {
      std::this_thread::sleep_until(pace->due());
      begun = load->BeginDue(pace->due());
      pace->Advance();
    } else {
      begun = load->Begin();
    }
    go_on = load->End(begun, Publish(*client, load->data()));
  }
}

int Main(int argc, char** argv) {
  const PublishArguments arguments =
      StartPublishClient(argc, argv, "JSON over HTTP/1.1 in C++, client that publishes messages.");
  RefuseBusyPoll(arguments.busy_poll, "cpp-httplib");
  RefuseCallOptions(arguments, "JSON over HTTP/1.1");
  Load load(arguments);
  std::vector<std::unique_ptr<httplib::Client>> clients;
  for (std::int64_t i = 0; i < arguments.connections * arguments.in_flight; ++i) {
    clients.push_back(Connect(arguments.port));
  }
  std::vector<std::thread> threads;
  const LoadRun::TimePoint start = LoadRun::Clock::now();
  for (std::int64_t connection = 0; connection < arguments.connections; ++connection) {
    std::optional<Pace> pace;
    if (arguments.rate > 0) pace.emplace(arguments, start, connection);
    for (std::int64_t i = 0; i < arguments.in_flight; ++i) {
      threads.emplace_back(PublishOnAndOn, &load, clients[threads.size()].get(), pace);
    }
  }
  for (std::thread& thread : threads) thread.join();
  std::puts(load.ToJson().c_str());
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
