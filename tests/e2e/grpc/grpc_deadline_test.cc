// Deadlines and cancellation travel between rhei and gRPC C++, either way.
#include <gmock/gmock.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "rhei/generic.h"
#include "rhei/rhei.h"

namespace rhei::inline v0 {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr const char* kMethod = "/test.Test/Method";
// Nothing here takes so long, also on a machine that is busy.
constexpr auto kLong = 10s;

// --- gRPC C++ calls rhei
// -------------------------------------------------------------------------------------------------

// Sleeps until it is woken, and tells why it was.
class SleepingService final : public GenericService {
 public:
  Task<Result<std::string>> Call(ServerContext& context, const std::string&) override {
    remaining.set_value(context.TimeRemaining());
    const Status slept = co_await Sleep(1min);
    cause.set_value(*context.CancellationCause());
    co_return slept.error();
  }

  std::promise<std::optional<Duration>> remaining;
  std::promise<Error> cause;
};

class GrpcCallsRheiTest : public ::testing::Test {
 protected:
  GrpcCallsRheiTest() {
    server_.AddGeneric(service_).Listen("127.0.0.1:0");
    EXPECT_TRUE(server_.Start().ok());
    channel_ = grpc::CreateChannel("127.0.0.1:" + std::to_string(server_.port()), grpc::InsecureChannelCredentials());
  }
  ~GrpcCallsRheiTest() override { queue_.Shutdown(); }

  // The call makes progress only while somebody waits on its queue.
  void Start() {
    const grpc::Slice empty;
    call_ = grpc::GenericStub(channel_).PrepareUnaryCall(&context_, kMethod, grpc::ByteBuffer(&empty, 1), &queue_);
    call_->StartCall();
    call_->Finish(&reply_, &status_, nullptr);
    finished_ = std::async(std::launch::async, [this] {
      void* tag = nullptr;
      bool ok = false;
      return queue_.Next(&tag, &ok) && ok ? status_ : grpc::Status(grpc::StatusCode::INTERNAL, "the queue has ended");
    });
  }
  grpc::Status Finish() { return finished_.get(); }

  SleepingService service_;
  Server server_{ServerOptions().UseRuntime(std::make_shared<Runtime>(RuntimeOptions().Loops(1)))};
  std::shared_ptr<grpc::Channel> channel_;
  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> call_;
  grpc::ByteBuffer reply_;
  grpc::Status status_;
  std::future<grpc::Status> finished_;
};

TEST_F(GrpcCallsRheiTest, ItsDeadlineIsTheHandlersToo) {
  context_.set_deadline(std::chrono::system_clock::now() + 300ms);
  Start();
  const std::optional<Duration> remaining = service_.remaining.get_future().get();
  ASSERT_TRUE(remaining.has_value());
  EXPECT_GT(*remaining, 0ms);
  EXPECT_LE(*remaining, 310ms);
  EXPECT_EQ(Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  auto cause = service_.cause.get_future();
  ASSERT_EQ(cause.wait_for(kLong), std::future_status::ready);
  EXPECT_EQ(cause.get().code(), StatusCode::kDeadlineExceeded);
}

TEST_F(GrpcCallsRheiTest, ItsCancellationReachesTheHandler) {
  Start();
  EXPECT_FALSE(service_.remaining.get_future().get().has_value());
  context_.TryCancel();
  EXPECT_EQ(Finish().error_code(), grpc::StatusCode::CANCELLED);
  auto cause = service_.cause.get_future();
  ASSERT_EQ(cause.wait_for(kLong), std::future_status::ready);
  EXPECT_EQ(cause.get().code(), StatusCode::kCancelled);
}

TEST_F(GrpcCallsRheiTest, TooManyHeadersAreAClearStatus) {
  context_.AddMetadata("x-large", std::string(10'000, 'x'));
  Start();
  const grpc::Status status = Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("headers"));
}

// --- rhei calls gRPC C++
// -------------------------------------------------------------------------------------------------

// Never answers by itself; tells the deadline it was given, and when it is cancelled.
class SilentService final : public grpc::CallbackGenericService {
 public:
  std::promise<std::chrono::system_clock::time_point> deadline;
  std::promise<void> cancelled;

 private:
  class Reactor final : public grpc::ServerGenericBidiReactor {
   public:
    explicit Reactor(SilentService& service) : service_(service) {}
    void OnCancel() override {
      service_.cancelled.set_value();
      Finish(grpc::Status::CANCELLED);
    }
    void OnDone() override { delete this; }

   private:
    SilentService& service_;
  };

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    deadline.set_value(context->deadline());
    return new Reactor(*this);
  }
};

class RheiCallsGrpcTest : public ::testing::Test {
 protected:
  RheiCallsGrpcTest() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
    stub_.emplace(Connect("127.0.0.1:" + std::to_string(port), ChannelOptions().UseRuntime(runtime_)));
  }
  ~RheiCallsGrpcTest() override { server_->Shutdown(std::chrono::system_clock::now()); }

  void ExpectCancelled() { EXPECT_EQ(service_.cancelled.get_future().wait_for(kLong), std::future_status::ready); }

  SilentService service_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<Runtime> runtime_ = std::make_shared<Runtime>(RuntimeOptions().Loops(1));
  std::optional<GenericStub> stub_;
};

TEST_F(RheiCallsGrpcTest, ItsDeadlineIsTheServersToo) {
  const auto begin = std::chrono::system_clock::now();
  const Result<std::string> reply = stub_->Call(kMethod, "", CallOptions().Timeout(300ms)).Wait();
  EXPECT_EQ(reply.code(), StatusCode::kDeadlineExceeded);
  const Duration given = service_.deadline.get_future().get() - begin;
  EXPECT_GT(given, 0ms);
  EXPECT_LT(given, kLong);
  ExpectCancelled();
}

TEST_F(RheiCallsGrpcTest, ItsCancellationReachesTheServer) {
  auto call = stub_->Call(kMethod, "");
  service_.deadline.get_future().wait();
  call.Cancel();
  EXPECT_EQ(call.Wait().code(), StatusCode::kCancelled);
  ExpectCancelled();
}

TEST_F(RheiCallsGrpcTest, ACallThatIsDroppedIsCancelledThere) {
  {
    const auto call = stub_->Call(kMethod, "");
    service_.deadline.get_future().wait();
  }
  ExpectCancelled();
}

}  // namespace
}  // namespace rhei::inline v0
