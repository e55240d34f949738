// A stream in each direction by callbacks, which say themselves when the next message may come and when one may go.
#include <algorithm>
#include <future>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "rhei/rhei.h"
#include "river.rhei.h"

namespace {

// The server's side of one call: takes the next level when the mean of the last one has gone.
class Smoother final : public rhei::StreamObserver<river::Level> {
 public:
  Smoother(rhei::Reader<river::Level>& levels, rhei::Writer<river::Level>& means) : levels_(levels), means_(means) {}

  rhei::Task<rhei::Status> ended() { return ended_.task(); }

  void OnNext(river::Level& level) override {
    mean_.emplace().set_metres((before_ + level.metres()) / 2);
    before_ = level.metres();
    Answer();
  }
  void Answer() {
    if (!mean_ || !means_.TryWrite(*mean_)) return;  // if there is no room for it, OnReady comes here again
    mean_.reset();
    levels_.Request(1);
  }
  void OnCompleted() override { ended_.Set(rhei::Status()); }
  void OnError(const rhei::Error& error) override { ended_.Set(error); }

 private:
  rhei::Reader<river::Level>& levels_;
  rhei::Writer<river::Level>& means_;
  double before_ = 0;
  std::optional<river::Level> mean_;  // that waits to be sent
  rhei::Promise<void> ended_;
};

class RiverService final : public river::River::Service {
 public:
  rhei::Task<rhei::Status> Smooth(rhei::ServerContext& context, rhei::Reader<river::Level>& levels,
                                  rhei::Writer<river::Level>& means) override {
    auto smoother = std::make_shared<Smoother>(levels, means);
    levels.Observe(smoother, rhei::Inbound::kManual);
    levels.Request(1);
    means.OnReady([smoother] { smoother->Answer(); });
    // Also while no level is asked for, which is when the observer is told nothing.
    context.OnCancel([smoother, &context] { smoother->OnError(*context.CancellationCause()); });
    return smoother->ended();
  }
};

// The client's side: writes whenever there is room, and takes the means ten by ten.
class Client final : public rhei::StreamObserver<river::Level> {
 public:
  using Call = rhei::BidiStreamingCall<river::Level, river::Level>;
  static constexpr int kCount = 100'000;

  explicit Client(Call& call) : call_(call) {}

  void OnReady() override {
    river::Level level;
    for (; written_ < kCount; ++written_) {
      level.set_metres(written_);
      if (!call_.writer().TryWrite(level)) return;
      most_under_way_ = std::max(most_under_way_, written_ - read_);
    }
    call_.WritesDone();
  }
  void OnNext(river::Level& mean) override {
    last_ = mean.metres();
    if (++read_ % 10 == 0) call_.reader().Request(10);
  }
  void OnCompleted() override { ended.set_value(rhei::Status()); }
  void OnError(const rhei::Error& error) override { ended.set_value(error); }

  void Print() const {
    std::cout << read_ << " means, the last one " << last_ << '\n';
    std::cout << "under way were never more than 20000: " << (most_under_way_ <= 20'000 ? "yes" : "no") << '\n';
  }

  std::promise<rhei::Status> ended;

 private:
  Call& call_;
  int written_ = 0;
  int read_ = 0;
  int most_under_way_ = 0;
  double last_ = 0;
};

}  // namespace

int main() {
  // Windows that do not grow, so that it can be said how much is under way at the most.
  rhei::Limits limits;
  limits.max_stream_window = limits.stream_window;
  limits.max_connection_window = limits.connection_window;
  RiverService service;
  rhei::Server server(rhei::ServerOptions().UseLimits(limits));
  if (const rhei::Status started = server.Add(service).Listen("127.0.0.1:0").Start(); !started.ok()) {
    std::cerr << started.ToString() << '\n';
    return 1;
  }
  const std::string address = "127.0.0.1:" + std::to_string(server.port());
  auto call = river::River::Stub(rhei::Connect(address, rhei::ChannelOptions().UseLimits(limits))).Smooth();
  const auto client = std::make_shared<Client>(call);
  call.Observe(client, rhei::Inbound::kManual);
  call.reader().Request(10);
  const rhei::Status status = client->ended.get_future().get();
  client->Print();
  std::cout << status.ToString() << '\n';
}
