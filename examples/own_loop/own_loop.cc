// A server and a channel on an io_context that this program owns and runs, beside its own timer and its own sockets:
// one thread for everything, and so no lock. Whoever connects to the plain port and sends a name in a line is greeted;
// the greeting is a call over gRPC. Prints both ports, and serves until SIGTERM or SIGINT.
#include <asio.hpp>
#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "hello.rhei.h"
#include "rhei/asio.h"
#include "rhei/rhei.h"

namespace {

using asio::ip::tcp;

// A timer of the program's own.
class Clock {
 public:
  explicit Clock(asio::io_context& context) : timer_(context) { Tick(); }
  int ticks() const { return ticks_; }

 private:
  void Tick() {
    timer_.expires_after(std::chrono::milliseconds(10));
    timer_.async_wait([this](const asio::error_code& error) {
      if (error) return;
      ++ticks_;
      Tick();
    });
  }

  asio::steady_timer timer_;
  int ticks_ = 0;
};

// The service, on the same thread as the timer.
class Greeter final : public hello::Greeter::Service {
 public:
  explicit Greeter(const Clock& clock) : clock_(clock) {}

  rhei::Task<rhei::Result<hello::HelloReply>> SayHello(rhei::ServerContext&,
                                                       const hello::HelloRequest& request) override {
    hello::HelloReply reply;
    reply.set_message("Hello, " + request.name() + ", at tick " + std::to_string(clock_.ticks()));
    return reply;
  }

 private:
  const Clock& clock_;
};

// One plain connection: a line in, a call, a line out. Its pending operations keep it alive.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, const hello::Greeter::Stub& greeter) : socket_(std::move(socket)), greeter_(greeter) {}

  void ReadLine() {
    auto done = [self = shared_from_this()](const asio::error_code& error, std::size_t size) {
      if (!error) self->Greet(size);
    };
    asio::async_read_until(socket_, asio::dynamic_buffer(input_, 1024), '\n', std::move(done));
  }

 private:
  void Greet(std::size_t size) {
    hello::HelloRequest request;
    request.set_name(input_.substr(0, size - 1));
    input_.erase(0, size);
    greeter_.SayHello(request).Then([self = shared_from_this()](rhei::Result<hello::HelloReply> reply) {
      self->Write(reply.ok() ? reply->message() : reply.error().ToString());
    });
  }

  void Write(std::string line) {
    output_ = std::move(line) + "\n";
    auto done = [self = shared_from_this()](const asio::error_code& error, std::size_t) {
      if (!error) self->ReadLine();
    };
    asio::async_write(socket_, asio::buffer(output_), std::move(done));
  }

  tcp::socket socket_;
  const hello::Greeter::Stub greeter_;
  std::string input_;
  std::string output_;
};

class Gateway {
 public:
  Gateway(asio::io_context& context, const hello::Greeter::Stub& greeter)
      : acceptor_(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), greeter_(greeter) {
    Accept();
  }
  unsigned short port() const { return acceptor_.local_endpoint().port(); }

 private:
  void Accept() {
    acceptor_.async_accept([this](const asio::error_code& error, tcp::socket socket) {
      if (error) return;
      std::make_shared<Session>(std::move(socket), greeter_)->ReadLine();
      Accept();
    });
  }

  tcp::acceptor acceptor_;
  const hello::Greeter::Stub greeter_;
};

}  // namespace

int main() {
  // First, so that it goes last.
  asio::io_context context(1);
  const std::shared_ptr<rhei::Runtime> runtime = rhei::RuntimeOn(context);

  const Clock clock(context);
  Greeter greeter(clock);
  rhei::Server server(rhei::ServerOptions().UseRuntime(runtime));
  server.Add(greeter).Listen("127.0.0.1:0");
  // Nobody runs the context yet, so this does.
  if (const rhei::Status started = server.Start(); !started.ok()) {
    std::cerr << started.ToString() << '\n';
    return 1;
  }
  const std::string address = "127.0.0.1:" + std::to_string(server.port());
  const Gateway gateway(context,
                        hello::Greeter::Stub(rhei::Connect(address, rhei::ChannelOptions().UseRuntime(runtime))));

  asio::signal_set signals(context, SIGTERM, SIGINT);
  signals.async_wait([&](const asio::error_code&, int) { context.stop(); });
  std::cout << "grpc on " << server.port() << "\nlines on " << gateway.port() << std::endl;
  context.run();

  // Lets the calls that run come to their end; runs the context while it waits.
  const rhei::Status stopped = server.Stop(std::chrono::seconds(5));
  std::cout << "stopped: " << stopped.ToString() << '\n';
  return stopped.ok() ? 0 : 1;
}
