// The same server as victim.cc by gRPC C++, with its defaults.
#include <grpcpp/alarm.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>

namespace {

std::atomic<int> running = 0;
std::atomic<int> most_running = 0;

// One call. Deletes itself when gRPC is done with it.
class EchoReactor final : public grpc::ServerGenericBidiReactor {
 public:
  explicit EchoReactor(bool slow) : slow_(slow) {
    if (slow_) {
      const int now = ++running;
      int most = most_running;
      while (most < now && !most_running.compare_exchange_weak(most, now)) {
      }
    }
    StartRead(&message_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish({grpc::StatusCode::INTERNAL, "no message"});
    if (!slow_) return StartWriteAndFinish(&message_, grpc::WriteOptions(), grpc::Status::OK);
    alarm_.Set(std::chrono::system_clock::now() + std::chrono::milliseconds(50),
               [this](bool) { StartWriteAndFinish(&message_, grpc::WriteOptions(), grpc::Status::OK); });
  }

  void OnDone() override {
    if (slow_) --running;
    delete this;
  }

 private:
  const bool slow_;
  grpc::ByteBuffer message_;
  grpc::Alarm alarm_;
};

class Victim final : public grpc::CallbackGenericService {
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    return new EchoReactor(context->method() == "/attack.Victim/Slow");
  }
};

}  // namespace

int main() {
  // Blocked before gRPC starts its threads, so that only sigwait gets it.
  sigset_t terminate;
  sigemptyset(&terminate);
  sigaddset(&terminate, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &terminate, nullptr);

  Victim victim;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterCallbackGenericService(&victim);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) return 1;
  std::printf("listening on %d\n", port);
  std::fflush(stdout);

  int signal = 0;
  sigwait(&terminate, &signal);
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
  server->Wait();
  std::printf("at most %d handlers at once\n", most_running.load());
  return 0;
}
