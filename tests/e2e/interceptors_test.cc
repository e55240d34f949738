// The interceptors that rhei brings, around calls in a simulated world.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rhei/call_limits.h"
#include "rhei/call_logging.h"
#include "rhei/call_metrics.h"
#include "rhei/generic.h"
#include "rhei/header_propagation.h"
#include "rhei/request_validation.h"
#include "rhei/rhei.h"
#include "testing/simulated_world.h"

namespace rhei::inline v0 {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kMethod = "/shop.Shop/Buy";

class Handler final : public GenericService {
 public:
  std::function<Task<Result<std::string>>(ServerContext&, const std::string&)> call;
  Task<Result<std::string>> Call(ServerContext& context, const std::string& request) override {
    return call(context, request);
  }
};

class Lines final : public Logger {
 public:
  void Write(LogLevel level, std::string_view line) override {
    lines.push_back(std::string(Name(level)) + " " + std::string(line));
  }
  LogLevel level() const override { return LogLevel::kInfo; }
  std::vector<std::string> lines;
};

class InterceptorsTest : public ::testing::Test {
 protected:
  InterceptorsTest() {
    handler_.call = [](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
      return "got " + request;
    };
  }
  ~InterceptorsTest() override {
    server_.reset();
    world_.RunFor(3s);
  }

  GenericStub Serve(const Interceptors& on_server, ChannelOptions options = ChannelOptions()) {
    server_ = std::make_unique<Server>(ServerOptions().UseRuntime(world_.AddRuntime()));
    server_->AddGeneric(handler_);
    for (const std::shared_ptr<Interceptor>& interceptor : on_server) server_->Intercept(interceptor);
    const Status started = server_->Listen("10.1.1.1:80").Start();
    EXPECT_TRUE(started.ok()) << started.ToString();
    return GenericStub(Connect("ipv4:10.1.1.1:80", options.UseRuntime(world_.runtime())));
  }

  // Answers when so much time has passed.
  void AnswerAfter(Duration wait) {
    handler_.call = [wait](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
      const Status slept = co_await Sleep(wait);
      if (!slept.ok()) co_return slept.error();
      co_return "late " + request;
    };
  }

  testing::SimulatedWorld world_{1};
  Handler handler_;
  std::unique_ptr<Server> server_;
};

// --- logging ---------------------------------------------------------------------------------------------------------

TEST_F(InterceptorsTest, ALineTellsOfACall) {
  const auto lines = std::make_shared<Lines>();
  AnswerAfter(250ms);
  const GenericStub stub = Serve({LogCalls(CallLogOptions().To(lines).ShowMetadata().Redact("x-key"))});
  const CallOptions options = CallOptions()
                                  .Metadata("x-user", "ann \"the\" one")
                                  .Metadata("x-key", "secret")
                                  .Metadata("authorization", "Bearer secret")
                                  .Metadata("x-blob-bin", "secret");
  ASSERT_TRUE(stub.Call(kMethod, "abc", options).Wait().ok());
  ASSERT_EQ(lines->lines.size(), 1U);
  EXPECT_THAT(lines->lines[0],
              ::testing::MatchesRegex("info side=server method=/shop.Shop/Buy code=OK took_us=25[0-9]{4} "
                                      "peer=10[.0-9:]+ requests=1 request_bytes=3 replies=1 reply_bytes=8 "
                                      "x-user=\"ann .\"the.\" one\" x-key=\"[*]+\" authorization=\"[*]+\" "
                                      "x-blob-bin=\"[*]+\""));
}

TEST_F(InterceptorsTest, OfCallsThatSucceedASampleIsLogged) {
  const auto lines = std::make_shared<Lines>();
  handler_.call = [](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
    if (request == "bad") return Error(StatusCode::kNotFound, "no\nsuch thing");
    return request;
  };
  const GenericStub stub = Serve({LogCalls(CallLogOptions().To(lines).SampleOneIn(10))});
  for (int i = 0; i < 20; ++i) (void)stub.Call(kMethod, "good").Wait();
  EXPECT_EQ(lines->lines.size(), 2U);
  for (int i = 0; i < 3; ++i) (void)stub.Call(kMethod, "bad").Wait();
  ASSERT_EQ(lines->lines.size(), 5U);
  EXPECT_THAT(lines->lines[4], HasSubstr("warning side=server"));
  EXPECT_THAT(lines->lines[4], HasSubstr("code=NOT_FOUND"));
  EXPECT_THAT(lines->lines[4], HasSubstr("message=\"no?such thing\""));
}

TEST_F(InterceptorsTest, RecordsGoToALogOfOnesOwn) {
  class Log final : public CallLog {
   public:
    void Write(const CallRecord& record) override { methods.emplace_back(record.method); }
    std::vector<std::string> methods;
  };
  const auto log = std::make_shared<Log>();
  const GenericStub stub =
      Serve({}, ChannelOptions().Intercept(LogCalls(CallLogOptions().To(std::shared_ptr<CallLog>(log)))));
  ASSERT_TRUE(stub.Call(kMethod, "").Wait().ok());
  EXPECT_THAT(log->methods, ElementsAre(kMethod));
}

// --- metrics ---------------------------------------------------------------------------------------------------------

TEST_F(InterceptorsTest, MetricsCountCallsByMethodAndCode) {
  const auto metrics = std::make_shared<CallMetricsTable>();
  AnswerAfter(3ms);
  const GenericStub stub = Serve({MeasureCalls(metrics)});
  auto running = stub.Call(kMethod, "abc");
  while (metrics->Find(CallInfo::Side::kServer, kMethod).in_flight == 0) world_.RunFor(1ms);
  ASSERT_TRUE(running.Wait().ok());
  EXPECT_FALSE(stub.Call(kMethod, "abc", CallOptions().Timeout(2ms)).Wait().ok());
  world_.RunFor(100ms);

  const CallMetricsTable::Row row = metrics->Find(CallInfo::Side::kServer, kMethod);
  EXPECT_EQ(row.in_flight, 0);
  EXPECT_EQ(row.calls(StatusCode::kOk), 1U);
  EXPECT_EQ(row.calls(StatusCode::kDeadlineExceeded), 1U);
  EXPECT_EQ(row.requests, 2U);
  EXPECT_EQ(row.request_bytes, 6U);
  EXPECT_EQ(row.reply_bytes, 8U);
  EXPECT_EQ(row.ended.at(StatusCode::kOk).latencies[5], 1U);  // 2.5 to 5 ms
  const std::string page = metrics->ToPrometheus();
  const std::string labels = "side=\"server\",method=\"/shop.Shop/Buy\"";
  EXPECT_THAT(page, HasSubstr("rhei_calls_total{" + labels + ",code=\"OK\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("rhei_call_seconds_bucket{" + labels + ",code=\"OK\",le=\"0.0025\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("rhei_call_seconds_bucket{" + labels + ",code=\"OK\",le=\"0.005\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("rhei_call_seconds_bucket{" + labels + ",code=\"OK\",le=\"+Inf\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("rhei_calls_in_flight{" + labels + "} 0\n"));
  EXPECT_THAT(page, HasSubstr("rhei_message_bytes_total{" + labels + ",kind=\"request\"} 6\n"));
}

TEST_F(InterceptorsTest, MethodsThatAClientMakesUpDoNotFillTheTable) {
  const auto metrics = std::make_shared<CallMetricsTable>();
  const GenericStub stub = Serve({MeasureCalls(metrics)});
  for (int i = 0; i < 1100; ++i) ASSERT_TRUE(stub.Call("/made.Up/M" + std::to_string(i), "").Wait().ok());
  EXPECT_EQ(metrics->Rows().size(), 1001U);
  const CallMetricsTable::Row other = metrics->Find(CallInfo::Side::kServer, "other");
  EXPECT_EQ(other.calls(StatusCode::kOk), 100U);
  EXPECT_EQ(other.in_flight, 0);
}

// --- limits ----------------------------------------------------------------------------------------------------------

TEST_F(InterceptorsTest, SoManyCallsRunAtOnce) {
  AnswerAfter(100ms);
  const GenericStub stub = Serve({LimitConcurrency(2, LimitPer::kMethod)});
  auto first = stub.Call(kMethod, "1");
  auto second = stub.Call(kMethod, "2");
  auto third = stub.Call(kMethod, "3");
  auto other = stub.Call("/shop.Shop/Look", "4");
  const Result<std::string> refused = third.Wait();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(refused.error().message(), "more than 2 calls of /shop.Shop/Buy at once");
  EXPECT_TRUE(first.Wait().ok());
  EXPECT_TRUE(second.Wait().ok());
  EXPECT_TRUE(other.Wait().ok());
  EXPECT_TRUE(stub.Call(kMethod, "5").Wait().ok());
}

TEST_F(InterceptorsTest, SoManyCallsRunInASecond) {
  const GenericStub stub = Serve({LimitRate(10, 3, LimitPer::kPeer)});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(stub.Call(kMethod, "").Wait().ok());
  const Result<std::string> refused = stub.Call(kMethod, "").Wait();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.error().message(), ::testing::MatchesRegex("too many calls of [0-9.]+: there is room in .* ms"));
  world_.RunFor(100ms);
  EXPECT_TRUE(stub.Call(kMethod, "").Wait().ok());
  EXPECT_FALSE(stub.Call(kMethod, "").Wait().ok());
  world_.RunFor(10s);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(stub.Call(kMethod, "").Wait().ok());
  EXPECT_FALSE(stub.Call(kMethod, "").Wait().ok());
}

TEST_F(InterceptorsTest, ACallWithoutADeadlineIsGivenOne) {
  AnswerAfter(1s);
  const GenericStub stub = Serve({DefaultTimeout(kMethod, 100ms)});
  const Result<std::string> late = stub.Call(kMethod, "").Wait();
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code(), StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(stub.Call(kMethod, "", CallOptions().Timeout(10s)).Wait().ok());
  EXPECT_TRUE(stub.Call("/shop.Shop/Look", "").Wait().ok());
}

TEST_F(InterceptorsTest, ADeadlineByDefaultTravelsFromTheClient) {
  handler_.call = [](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    return std::string(context.Deadline() ? "deadline" : "none");
  };
  const GenericStub stub = Serve({}, ChannelOptions().Intercept(DefaultTimeout(1s)));
  EXPECT_EQ(*stub.Call(kMethod, "").Wait(), "deadline");
}

// --- propagation -----------------------------------------------------------------------------------------------------

TEST_F(InterceptorsTest, ChosenHeadersTravelAlongAChainOfCalls) {
  const std::shared_ptr<Interceptor> headers = PropagateHeaders({"x-tenant"});
  Handler last;
  last.call = [](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    std::string came;
    for (const auto [key, value] : context.metadata()) came += std::string(key) + "=" + std::string(value) + ";";
    return came;
  };
  Server last_server(ServerOptions().UseRuntime(world_.AddRuntime()));
  ASSERT_TRUE(last_server.AddGeneric(last).Listen("10.1.1.2:80").Start().ok());
  const std::shared_ptr<Runtime> between = world_.AddRuntime();
  const GenericStub next(Connect("ipv4:10.1.1.2:80", ChannelOptions().UseRuntime(between).Intercept(headers)));
  handler_.call = [&next](ServerContext&, const std::string&) -> Task<Result<std::string>> {
    const Status slept = co_await Sleep(1ms);
    if (!slept.ok()) co_return slept.error();
    Result<std::string> came = co_await next.Call(kMethod, "", CallOptions().Metadata("x-request-id", "mine"));
    co_return came;
  };
  server_ = std::make_unique<Server>(ServerOptions().UseRuntime(between));
  ASSERT_TRUE(server_->AddGeneric(handler_).Intercept(headers).Listen("10.1.1.1:80").Start().ok());
  const GenericStub stub(Connect("ipv4:10.1.1.1:80", ChannelOptions().UseRuntime(world_.runtime())));
  const Result<std::string> came = stub.Call(kMethod, "",
                                             CallOptions()
                                                 .Metadata("traceparent", "00-1-2-01")
                                                 .Metadata("x-request-id", "theirs")
                                                 .Metadata("x-tenant", "t1")
                                                 .Metadata("x-other", "o"))
                                       .Wait();
  ASSERT_TRUE(came.ok()) << came.error().ToString();
  EXPECT_EQ(*came, "x-request-id=mine;traceparent=00-1-2-01;x-tenant=t1;");
  (void)last_server.Stop(0s);
}

// --- validation ------------------------------------------------------------------------------------------------------

TEST_F(InterceptorsTest, RequestsAreCheckedBeforeTheirHandler) {
  const auto validation = std::make_shared<RequestValidation>();
  validation->Check<std::string>([](const std::string& request) -> Status {
    if (request.empty()) return Error(StatusCode::kInvalidArgument, "the request is empty");
    return {};
  });
  const GenericStub stub = Serve({validation});
  EXPECT_EQ(*stub.Call(kMethod, "a").Wait(), "got a");
  const Result<std::string> refused = stub.Call(kMethod, "").Wait();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(refused.error().message(), "the request is empty");
}

}  // namespace
}  // namespace rhei::inline v0
