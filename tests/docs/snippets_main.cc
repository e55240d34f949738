// Runs the code of the documents.
#include <cstdlib>
#include <utility>

#include "tests/docs/snippets_prelude.h"

namespace {

class SampleWeather final : public Weather::Service {
 public:
  rhei::Task<rhei::Result<WeatherResponse>> GetCurrent(rhei::ServerContext&, const WeatherRequest&) override {
    WeatherResponse reply;
    reply.set_humidity(0.65f);
    return reply;
  }
};

// What the blocks find around them.
struct Surroundings {
  Surroundings() {
    server.Add(service).Listen("127.0.0.1:0");
    if (const rhei::Status started = server.Start(); !started.ok()) {
      std::cerr << started.ToString() << '\n';
      std::exit(1);
    }
  }

  SampleWeather service;
  rhei::Server server;
};

template <typename Function>
void RunIn(Surroundings& surroundings, Function& function) {
  const Weather::Stub weather(rhei::Connect("127.0.0.1:" + std::to_string(surroundings.server.port())));
  function(surroundings.service, weather, WeatherRequest());
}

void Begin(const char* place) { std::cout << "=== " << place << std::endl; }

}  // namespace

void Run(const char* place, Snippet& snippet) {
  Begin(place);
  Surroundings surroundings;
  RunIn(surroundings, snippet);
}

void Run(const char* place, AsynchronousSnippet& snippet) {
  Begin(place);
  Surroundings surroundings;
  auto run = [&snippet](Weather::Service& service, const Weather::Stub& weather, const WeatherRequest& request) {
    std::promise<void> done;
    auto finish = [&done](rhei::Task<void> task) -> rhei::Task<void> {
      co_await std::move(task);
      done.set_value();
    };
    rhei::Spawn(finish(snippet(service, weather, request)));
    done.get_future().wait();
  };
  RunIn(surroundings, run);
}

int main() { RunSnippets(); }
