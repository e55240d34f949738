// What a unary exchange costs in HTTP/2 alone: a client and a server connection in one thread, bytes handed over in
// memory, batches of calls as a loop turn brings them.
#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "http2/connection.h"

namespace {

using rhei::BlockPool;
using rhei::Limits;
using rhei::TimePoint;
using rhei::http2::Connection;
using rhei::http2::Event;
using rhei::http2::HeaderField;
using rhei::http2::HeaderName;
using rhei::http2::HeaderTemplate;
using rhei::http2::Role;
using rhei::http2::Stream;

constexpr std::size_t kBody = 5 + 16;  // gRPC's prefix and a message of 16 bytes

std::vector<HeaderField> Request() {
  return {{.name = ":method", .value = "POST", .token = HeaderName::kMethod},
          {.name = ":scheme", .value = "http", .token = HeaderName::kScheme},
          {.name = ":path", .value = "/weather.v1.Weather/GetCurrent", .token = HeaderName::kPath},
          {.name = ":authority", .value = "weather:8090", .token = HeaderName::kAuthority},
          {.name = "content-type", .value = "application/grpc", .token = HeaderName::kContentType},
          {.name = "te", .value = "trailers", .token = HeaderName::kTe},
          {.name = "user-agent", .value = "grpc-c++-rhei/0.1", .token = HeaderName::kUserAgent},
          {.name = "grpc-accept-encoding", .value = "identity,gzip", .token = HeaderName::kGrpcAcceptEncoding}};
}
std::vector<HeaderField> Response() {
  return {{.name = ":status", .value = "200", .token = HeaderName::kStatus},
          {.name = "content-type", .value = "application/grpc", .token = HeaderName::kContentType}};
}
std::vector<HeaderField> Trailers() {
  return {{.name = "grpc-status", .value = "0", .token = HeaderName::kGrpcStatus}};
}

struct Side {
  explicit Side(Role role) : connection(role, limits, pool, TimePoint()) {}

  static Limits LimitsForBench() {
    Limits limits;
    limits.max_concurrent_streams = 4096;
    return limits;
  }

  // Moves what this side has to write into `input`.
  void Write(std::string& input) {
    input.clear();
    std::array<std::string_view, 8> slices;
    while (const std::size_t count = connection.PollTransmit(slices)) {
      std::size_t size = 0;
      for (std::size_t i = 0; i < count; ++i) {
        input.append(slices[i]);
        size += slices[i].size();
      }
      connection.Transmitted(size, TimePoint());
    }
  }

  const Limits limits = LimitsForBench();
  BlockPool pool;
  Connection connection;
};

void SendBody(Connection& connection, Stream stream, bool end_stream) {
  char* body = connection.ReserveData(stream, kBody, end_stream);
  if (body == nullptr) std::abort();
  std::memset(body, 'x', kBody);
}

class Pair {
 public:
  Pair()
      : request_(client_.connection.RegisterHeaders(Request())),
        response_(server_.connection.RegisterHeaders(Response())),
        trailers_(server_.connection.RegisterHeaders(Trailers())) {
    for (int i = 0; i < 4; ++i) {
      Deliver();
      ReceiveAtClient();
    }
    Calls(1);
    Calls(1);
  }

  void Calls(std::size_t count) {
    SendRequests(count);
    Deliver();
    if (ReceiveAtClient() != count) std::abort();
  }

  void SendRequests(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const Stream stream = *client_.connection.Open();
      client_.connection.SendHeaders(stream, request_, {}, false);
      SendBody(client_.connection, stream, true);
    }
  }

  void Deliver() {
    client_.Write(to_server_);
    server_.connection.Receive(to_server_, TimePoint());
    while (const Event* event = server_.connection.Next()) {
      if (event->kind != Event::Kind::kMessage) continue;
      if (event->charged != 0) server_.connection.Consume(event->stream, event->charged);
      if (event->end_stream) Answer(event->stream);
    }
    server_.Write(to_client_);
  }

  std::size_t ReceiveAtClient() {
    std::size_t done = 0;
    client_.connection.Receive(to_client_, TimePoint());
    while (const Event* event = client_.connection.Next()) {
      if (event->kind != Event::Kind::kMessage) continue;
      if (event->charged != 0) client_.connection.Consume(event->stream, event->charged);
      if (!event->end_stream) continue;
      client_.connection.Release(event->stream);
      ++done;
    }
    return done;
  }

 private:
  void Answer(Stream stream) {
    Connection& connection = server_.connection;
    connection.SendHeaders(stream, response_, {}, false);
    SendBody(connection, stream, false);
    connection.SendHeaders(stream, trailers_, {}, true);
    connection.Release(stream);
  }

  Side client_{Role::kClient};
  Side server_{Role::kServer};
  HeaderTemplate request_;
  HeaderTemplate response_;
  HeaderTemplate trailers_;
  std::string to_server_;
  std::string to_client_;
};

// The whole exchange; the argument is how many calls a batch has.
void BM_UnaryExchange(benchmark::State& state) {
  Pair pair;
  const auto batch = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) pair.Calls(batch);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_UnaryExchange)->Arg(1)->Arg(10)->Arg(100)->Arg(1000);

}  // namespace

BENCHMARK_MAIN();
