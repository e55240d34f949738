// Raw TCP under the benchmark `publish`, the client: what the kernel alone costs for as many bytes each way.
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "publish/publish_arguments.h"
#include "publish/tcp_units.h"
#include "support/load_run.h"
#include "support/process.h"
#include "support/socket.h"
#include "support/socket_poller.h"

namespace rhei::bench {
namespace {

constexpr std::size_t kReceiveBuffer = 4096;

// One unit after the other. Replies come in order, so a ring holds when those in flight began.
class Connection {
 public:
  Connection(const PublishArguments& arguments, LoadRun* run, const std::string* unit)
      : socket_(Socket::Connect(static_cast<std::uint16_t>(arguments.port))),
        run_(run),
        unit_(unit),
        begun_(static_cast<std::size_t>(arguments.in_flight)) {}

  const Socket& socket() const { return socket_; }

  void Send(LoadRun::TimePoint begun) {
    begun_[next_] = begun;
    if (++next_ == begun_.size()) next_ = 0;
    if (!socket_.Send(std::as_bytes(std::span(*unit_)))) Die("send");
  }
  void SendAll() {
    for (std::size_t i = 0; i < begun_.size(); ++i) Send(run_->Begin());
  }

  // Takes the replies that have come: how many whole ones.
  std::size_t TakeReplies(bool wait) {
    std::array<std::byte, kReceiveBuffer> buffer;
    const std::ptrdiff_t received = wait ? socket_.AwaitBytes(buffer) : socket_.Receive(buffer);
    if (received < 0) Die("the server closed the connection");
    partial_ += static_cast<std::size_t>(received);
    const std::size_t whole = std::exchange(partial_, partial_ % kUnitReply.size()) / kUnitReply.size();
    for (std::size_t i = 0; i < whole; ++i) {
      run_->End(begun_[oldest_], true);
      if (++oldest_ == begun_.size()) oldest_ = 0;
    }
    return whole;
  }

 private:
  Socket socket_;
  LoadRun* const run_;
  const std::string* const unit_;
  std::vector<LoadRun::TimePoint> begun_;
  std::size_t next_ = 0;
  std::size_t oldest_ = 0;
  std::size_t partial_ = 0;  // bytes received beyond the last whole reply
};

void RunFlatOut(LoadRun* run, std::vector<Connection>* connections, std::int64_t busy_poll) {
  SocketPoller poller{std::chrono::microseconds(busy_poll)};
  for (std::size_t i = 0; i < connections->size(); ++i) {
    poller.Watch((*connections)[i].socket(), static_cast<std::uint32_t>(i));
  }
  for (Connection& connection : *connections) connection.SendAll();
  while (run->running()) {
    for (const epoll_event& event : poller.Wait()) {
      Connection& connection = (*connections)[event.data.u32];
      for (std::size_t whole = connection.TakeReplies(false); whole > 0; --whole) connection.Send(run->Begin());
    }
  }
}

// The connections take turns, each with one unit.
void RunPaced(LoadRun* run, std::vector<Connection>* connections, const PublishArguments& arguments) {
  PublishArguments as_one = arguments;
  as_one.connections = 1;
  Pace pace(as_one, LoadRun::Clock::now(), 0);
  for (std::size_t turn = 0; run->running(); turn = (turn + 1) % connections->size(), pace.Advance()) {
    std::this_thread::sleep_until(pace.due());
    (*connections)[turn].Send(run->BeginDue(pace.due()));
    while ((*connections)[turn].TakeReplies(true) == 0) {
    }
  }
}

int Main(int argc, char** argv) {
  const PublishArguments arguments = StartPublishClient(argc, argv, "Raw TCP, client that publishes units.");
  RefuseCallOptions(arguments, "raw TCP");
  const std::string unit = MessageData(arguments.payload);
  LoadRun run(arguments);
  std::vector<Connection> connections;
  for (std::int64_t i = 0; i < arguments.connections; ++i) connections.emplace_back(arguments, &run, &unit);
  if (arguments.rate > 0) {
    RunPaced(&run, &connections, arguments);
  } else {
    RunFlatOut(&run, &connections, arguments.busy_poll);
  }
  std::puts(run.ToJson().c_str());
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
