// What interceptors see and may do, on every transport and on both sides.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/contract/contract_test.h"

namespace rhei::inline v0 {

namespace contract {
struct AnotherType {};
}  // namespace contract

template <>
struct Codec<contract::AnotherType> {
  static std::optional<std::size_t> Size(const contract::AnotherType&) { return 0; }
  static void Write(const contract::AnotherType&, char*) {}
  static bool Read(std::string_view, contract::AnotherType&) { return true; }
};

namespace contract {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// An interceptor that does what a test says.
class Doing final : public Interceptor {
 public:
  using Body = std::function<Task<Trailers>(CallInfo&, Call&, Next)>;
  explicit Doing(Body body) : body_(std::move(body)) {}
  std::string_view name() const override { return "doing"; }
  Task<Trailers> Intercept(CallInfo& info, Call& call, Next next) override { return body_(info, call, next); }

 private:
  const Body body_;
};

std::shared_ptr<Interceptor> Do(Doing::Body body) { return std::make_shared<Doing>(std::move(body)); }

class InterceptorContractTest : public ContractTest {
 protected:
  void OnServer(Doing::Body body) { transport_->interceptors.push_back(Do(std::move(body))); }
  static CallOptions OnCall(Doing::Body body) { return CallOptions().Intercept(Do(std::move(body))); }

  void EchoUnary() {
    service_.unary = [](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
      return "echo " + request;
    };
  }
};

Task<Trailers> PassOn(CallInfo&, Call&, Next next) {
  Trailers trailers = co_await next();
  co_return trailers;
}

TEST_P(InterceptorContractTest, RequestsPassInOrderAndRepliesInReverse) {
  std::vector<std::string> order;
  const auto mark = [&order](std::string name) {
    return [&order, name](CallInfo&, Call& call, Next next) -> Task<Trailers> {
      order.push_back(name + " begins");
      call.OnRequest([&order, &name](AnyMessage&) { return order.push_back(name + " request"), Status(); });
      call.OnReply([&order, &name](AnyMessage&) { return order.push_back(name + " reply"), Status(); });
      Trailers trailers = co_await next();
      order.push_back(name + " ends");
      co_return trailers;
    };
  };
  EchoUnary();
  const ContractStub stub = Serve();
  const CallOptions options = CallOptions().Intercept(Do(mark("outer"))).Intercept(Do(mark("inner")));
  const Result<std::string> reply = stub.Unary("a", options).Wait();
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_THAT(order, ElementsAre("outer begins", "outer request", "inner begins", "inner request", "inner reply",
                                 "inner ends", "outer reply", "outer ends"));
}

TEST_P(InterceptorContractTest, TheyKnowTheCall) {
  std::promise<std::string> server_saw;
  OnServer([&server_saw](CallInfo& info, Call&, Next next) -> Task<Trailers> {
    std::string seen(info.method());
    seen += info.side() == CallInfo::Side::kServer ? " server" : " client";
    seen += info.client_streams() ? " requests" : "";
    seen += info.server_streams() ? " replies" : "";
    seen += info.deadline() == kNoDeadline ? "" : " deadline";
    Trailers trailers = co_await next();
    server_saw.set_value(seen + (info.peer().empty() ? "" : " peer"));
    co_return trailers;
  });
  service_.chat = EchoEach;
  auto call = Serve().Chat(CallOptions().Timeout(10s));
  call.WritesDone();
  EXPECT_TRUE(call.Finish().Wait().ok());
  EXPECT_EQ(Get(server_saw.get_future()), "/contract.Contract/Chat server requests replies deadline peer");
}

TEST_P(InterceptorContractTest, MetadataIsSeenAndChangedOnItsWay) {
  service_.unary = [](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    context.headers().Add("x-header", "handler");
    context.trailers().Add("x-trailer", "handler");
    return std::string(context.metadata().Get("x-client").value_or("none")) + " " +
           std::string(context.metadata().Get("x-server").value_or("none"));
  };
  OnServer([](CallInfo& info, Call& call, Next next) -> Task<Trailers> {
    info.metadata().Add("x-server", "server");
    call.OnHeaders([](Metadata& headers) { headers.Add("x-header", "server"); });
    Trailers trailers = co_await next();
    trailers.metadata.Add("x-trailer", "server");
    co_return trailers;
  });
  const CallOptions options = OnCall([](CallInfo& info, Call& call, Next next) -> Task<Trailers> {
    info.metadata().Add("x-client", "client");
    call.OnHeaders([](Metadata& headers) { headers.Add("x-header", "client"); });
    Trailers trailers = co_await next();
    trailers.metadata.Add("x-trailer", "client");
    co_return trailers;
  });
  auto call = Serve().Unary("", options);
  UnaryCall<std::string>& handle = call;
  const Result<std::string> reply = handle.Wait();
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_EQ(*reply, "client server");
  EXPECT_THAT(call.headers().GetAll("x-header"), ElementsAre("handler", "server", "client"));
  EXPECT_THAT(call.trailers().GetAll("x-trailer"), ElementsAre("handler", "server", "client"));
}

// A handler without metadata sends headers all the same; an error that comes alone has none.
TEST_P(InterceptorContractTest, HeadersWithoutMetadataAreShownAndMayBeFilled) {
  service_.unary = [](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
    if (request == "fail") co_return Error(StatusCode::kAborted, "asked for");
    co_return request;
  };
  int shown = 0;
  const CallOptions options = OnCall([&shown](CallInfo&, Call& call, Next next) -> Task<Trailers> {
    call.OnHeaders([&shown](Metadata& headers) {
      ++shown;
      headers.Add("x-header", "client");
    });
    Trailers trailers = co_await next();
    co_return trailers;
  });
  const ContractStub stub = Serve();
  auto call = stub.Unary("", options);
  UnaryCall<std::string>& handle = call;
  EXPECT_TRUE(handle.Wait().ok());
  EXPECT_EQ(shown, 1);
  EXPECT_THAT(call.headers().GetAll("x-header"), ElementsAre("client"));
  auto failing = stub.Unary("fail", options);
  UnaryCall<std::string>& failing_handle = failing;
  EXPECT_EQ(failing_handle.Wait().code(), StatusCode::kAborted);
  EXPECT_EQ(shown, 1);
}

TEST_P(InterceptorContractTest, TheHeadersOfAStreamAreChangedOnTheirWay) {
  service_.download = [](ServerContext& context, const std::string& request,
                         Writer<std::string>& writer) -> Task<Status> {
    context.headers().Add("x-header", "handler");
    co_await writer.Write(request);
    co_return Status();
  };
  OnServer([](CallInfo&, Call& call, Next next) -> Task<Trailers> {
    call.OnHeaders([](Metadata& headers) { headers.Add("x-header", "server"); });
    Trailers trailers = co_await next();
    co_return trailers;
  });
  auto call = Serve().Download("a");
  EXPECT_EQ(call.Next().Wait(), "a");
  EXPECT_TRUE(call.Finish().Wait().ok());
  EXPECT_THAT(call.headers().GetAll("x-header"), ElementsAre("handler", "server"));
}

// Adds its name to each message.
Doing::Body Stamp(std::string name) {
  return [name](CallInfo&, Call& call, Next next) -> Task<Trailers> {
    const auto stamp = [&name](AnyMessage& message) {
      message.Mutable<std::string>()->append("+").append(name);
      return Status();
    };
    call.OnRequest(stamp);
    call.OnReply(stamp);
    Trailers trailers = co_await next();
    co_return trailers;
  };
}

TEST_P(InterceptorContractTest, UnaryMessagesAreChangedOnTheirWay) {
  OnServer(Stamp("s"));
  EchoUnary();
  const Result<std::string> reply = Serve().Unary("a", OnCall(Stamp("c"))).Wait();
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_EQ(*reply, "echo a+c+s+s+c");
}

TEST_P(InterceptorContractTest, StreamedMessagesAreChangedOnTheirWay) {
  OnServer(Stamp("s"));
  service_.chat = EchoEach;
  auto call = Serve().Chat(OnCall(Stamp("c")));
  const std::string written = "a";
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(call.Write(written).Wait());
    EXPECT_EQ(call.Next().Wait(), "echo a+c+s+s+c");
  }
  EXPECT_EQ(written, "a");
  call.WritesDone();
  EXPECT_TRUE(call.Finish().Wait().ok());
}

TEST_P(InterceptorContractTest, OneRequestAndOneReplyOfAStreamingCallAreChangedToo) {
  OnServer(Stamp("s"));
  service_.download = [](ServerContext&, const std::string& request, Writer<std::string>& writer) -> Task<Status> {
    const std::string reply = "got " + request;
    co_await writer.Write(reply);
    co_return Status();
  };
  service_.upload = Join;
  const ContractStub stub = Serve();
  auto download = stub.Download("a", OnCall(Stamp("c")));
  EXPECT_EQ(download.Next().Wait(), "got a+c+s+s+c");
  EXPECT_TRUE(download.Finish().Wait().ok());
  auto upload = stub.Upload(OnCall(Stamp("c")));
  ASSERT_TRUE(upload.Write("a").Wait());
  const Result<std::string> reply = upload.Finish().Wait();
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_EQ(*reply, "a+c+s;+s+c");
}

TEST_P(InterceptorContractTest, TheStatusIsChangedOnItsWayBack) {
  service_.unary = [](ServerContext&, const std::string&) -> Task<Result<std::string>> {
    return Error(StatusCode::kNotFound, "nothing");
  };
  OnServer([](CallInfo&, Call&, Next next) -> Task<Trailers> {
    Trailers trailers = co_await next();
    co_return Error(StatusCode::kDataLoss, "was " + std::string(trailers.status.message()));
  });
  const Result<std::string> reply = Serve().Unary("").Wait();
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code(), StatusCode::kDataLoss);
  EXPECT_EQ(reply.error().message(), "was nothing");
}

TEST_P(InterceptorContractTest, ACallIsEndedWithoutItsHandler) {
  OnServer([](CallInfo&, Call&, Next) -> Task<Trailers> { return Error(StatusCode::kPermissionDenied, "not you"); });
  const ContractStub stub = Serve();
  const Result<std::string> reply = stub.Unary("").Wait();
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code(), StatusCode::kPermissionDenied);
  auto chat = stub.Chat();
  EXPECT_EQ(chat.Next().Wait(), std::nullopt);
  EXPECT_EQ(chat.Finish().Wait().code(), StatusCode::kPermissionDenied);
}

TEST_P(InterceptorContractTest, ACallIsAnsweredWithoutItsHandlerOrItsServer) {
  const Doing::Body answer = [](CallInfo&, Call& call, Next) -> Task<Trailers> {
    call.Reply(std::string("cached"));
    return Trailers();
  };
  OnServer(answer);
  const ContractStub stub = Serve();
  EXPECT_EQ(*stub.Unary("").Wait(), "cached");
  EXPECT_EQ(*stub.Unary("", OnCall(answer)).Wait(), "cached");
  EXPECT_EQ(*stub.Upload().Finish().Wait(), "cached");
  EXPECT_EQ(*stub.Upload(OnCall(answer)).Finish().Wait(), "cached");
}

TEST_P(InterceptorContractTest, AUnaryCallIsSentAgain) {
  int calls = 0;
  service_.unary = [&calls](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
    if (++calls < 3) return Error(StatusCode::kUnavailable, "not yet");
    return "echo " + request;
  };
  const CallOptions options = OnCall([](CallInfo&, Call&, Next next) -> Task<Trailers> {
    Trailers trailers = co_await next();
    while (trailers.status.code() == StatusCode::kUnavailable) {
      (void)co_await Sleep(10ms);
      trailers = co_await next();
    }
    co_return trailers;
  });
  const Result<std::string> reply = Serve().Unary("a", options).Wait();
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_EQ(*reply, "echo a");
  EXPECT_EQ(calls, 3);
}

TEST_P(InterceptorContractTest, AHookEndsTheCall) {
  OnServer([](CallInfo&, Call& call, Next next) -> Task<Trailers> {
    call.OnRequest([](AnyMessage& message) {
      if (*message.As<std::string>() != "bad") return Status();
      return Status(Error(StatusCode::kInvalidArgument, "that is bad"));
    });
    Trailers trailers = co_await next();
    co_return trailers;
  });
  EchoUnary();
  service_.chat = EchoEach;
  const ContractStub stub = Serve();
  EXPECT_EQ(*stub.Unary("good").Wait(), "echo good");
  EXPECT_EQ(stub.Unary("bad").Wait().error().code(), StatusCode::kInvalidArgument);
  auto chat = stub.Chat();
  ASSERT_TRUE(chat.Write("good").Wait());
  EXPECT_EQ(chat.Next().Wait(), "echo good");
  ASSERT_TRUE(chat.Write("bad").Wait());
  EXPECT_EQ(chat.Next().Wait(), std::nullopt);
  EXPECT_EQ(chat.Finish().Wait().code(), StatusCode::kInvalidArgument);
}

TEST_P(InterceptorContractTest, ADeadlineIsBroughtForward) {
  service_.unary = [](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    const std::optional<Duration> left = context.TimeRemaining();
    (void)co_await Sleep(std::chrono::hours(1));
    co_return std::string(left && *left <= 100ms ? "soon" : "late");
  };
  const Doing::Body hurry = [](CallInfo& info, Call&, Next next) -> Task<Trailers> {
    info.SetDeadline(info.Now() + 100ms);
    Trailers trailers = co_await next();
    co_return trailers;
  };
  const ContractStub stub = Serve();
  const Result<std::string> reply = stub.Unary("", OnCall(hurry)).Wait();
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code(), StatusCode::kDeadlineExceeded);
}

TEST_P(InterceptorContractTest, ADeadlineIsBroughtForwardOnTheServer) {
  service_.chat = [](ServerContext&, Reader<std::string>& reader, Writer<std::string>&) -> Task<Status> {
    std::string message;
    while (true) {
      const bool more = co_await reader.Next(message);
      if (!more) break;
    }
    co_return Status();
  };
  OnServer([](CallInfo& info, Call&, Next next) -> Task<Trailers> {
    info.SetDeadline(info.Now() + 100ms);
    Trailers trailers = co_await next();
    co_return trailers;
  });
  auto call = Serve().Chat();
  const Status status = call.Finish().Wait();
  EXPECT_EQ(status.code(), StatusCode::kDeadlineExceeded) << status.ToString();
}

TEST_P(InterceptorContractTest, ACallIsOverForItsCallerWhenAnInterceptorHoldsItUp) {
  const auto hold = [](CallInfo&, Call&, Next next) -> Task<Trailers> {
    (void)co_await Sleep(2s);
    Trailers trailers = co_await next();
    co_return trailers;
  };
  EchoUnary();
  const ContractStub stub = Serve();
  const CallOptions options = OnCall(hold);
  const Result<std::string> late = stub.Unary("", CallOptions(options).Timeout(50ms)).Wait();
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code(), StatusCode::kDeadlineExceeded);
  EXPECT_THAT(late.error().message(), HasSubstr("an interceptor"));
  auto dropped = stub.Unary("", options);
  dropped.Cancel();
  EXPECT_EQ(dropped.Wait().error().code(), StatusCode::kCancelled);
  // Those that are still asleep find that nobody wants the calls any more.
  EXPECT_EQ(*stub.Unary("a", options).Wait(), "echo a");
}

// --- mistakes --------------------------------------------------------------------------------------------------------

class InterceptorMistakeTest : public InterceptorContractTest {
 protected:
  // What a call ends with when an interceptor on the client, or on the server, does this; and other calls go on.
  void ExpectMistake(const Doing::Body& body, std::string_view text) {
    OnServer([body](CallInfo& info, Call& call, Next next) -> Task<Trailers> {
      if (info.metadata().Get("x-wrong")) return body(info, call, next);
      return PassOn(info, call, next);
    });
    EchoUnary();
    const ContractStub stub = Serve();
    for (const CallOptions& options : {OnCall(body), CallOptions().Metadata("x-wrong", "1")}) {
      const Result<std::string> reply = stub.Unary("a", options).Wait();
      ASSERT_FALSE(reply.ok());
      EXPECT_EQ(reply.error().code(), StatusCode::kInternal);
      EXPECT_THAT(reply.error().message(), HasSubstr("the interceptor \"doing\" of /contract.Contract/Unary"));
      EXPECT_THAT(reply.error().message(), HasSubstr(text));
      EXPECT_EQ(*stub.Unary("b").Wait(), "echo b");
    }
  }
};

TEST_P(InterceptorMistakeTest, ItThrows) {
  ExpectMistake([](CallInfo&, Call&, Next) -> Task<Trailers> { throw std::runtime_error("secret"); },
                "threw an exception");
}

TEST_P(InterceptorMistakeTest, ItThrowsLater) {
  ExpectMistake(
      [](CallInfo&, Call&, Next next) -> Task<Trailers> {
        Trailers trailers = co_await next();
        if (trailers.status.ok()) throw std::runtime_error("secret");
        co_return trailers;
      },
      "threw an exception");
}

TEST_P(InterceptorMistakeTest, AHookThrows) {
  ExpectMistake(
      [](CallInfo&, Call& call, Next next) -> Task<Trailers> {
        call.OnReply([](AnyMessage&) -> Status { throw std::runtime_error("secret"); });
        Trailers trailers = co_await next();
        co_return trailers;
      },
      "threw an exception");
}

TEST_P(InterceptorMistakeTest, ItNeverLetsTheCallGoOn) {
  ExpectMistake([](CallInfo&, Call&, Next) -> Task<Trailers> { return Trailers(); },
                "neither let it go on nor gave a reply");
}

TEST_P(InterceptorMistakeTest, ItMakesAnErrorOkWithoutAReply) {
  ExpectMistake(
      [](CallInfo&, Call& call, Next next) -> Task<Trailers> {
        call.OnRequest([](AnyMessage&) { return Status(Error(StatusCode::kAborted)); });
        Trailers trailers = co_await next();
        co_return Trailers();
      },
      "there is no reply");
}

TEST_P(InterceptorMistakeTest, ItChangesAMessagesType) {
  ExpectMistake(
      [](CallInfo&, Call& call, Next next) -> Task<Trailers> {
        call.OnRequest([](AnyMessage& message) { return message.Set(AnotherType()), Status(); });
        Trailers trailers = co_await next();
        co_return trailers;
      },
      "put a message of another type");
}

TEST_P(InterceptorMistakeTest, ItLetsAStreamGoOnTwice) {
  const Doing::Body twice = [](CallInfo&, Call&, Next next) -> Task<Trailers> {
    Trailers first = co_await next();
    Trailers second = co_await next();
    co_return second;
  };
  service_.chat = EchoEach;
  auto call = Serve().Chat(OnCall(twice));
  call.WritesDone();
  const Status status = call.Finish().Wait();
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  EXPECT_THAT(status.message(), HasSubstr("let the call go on twice"));
}

INSTANTIATE_TEST_SUITE_P(Transports, InterceptorContractTest, ::testing::ValuesIn(AllTransports()), NameOf);
INSTANTIATE_TEST_SUITE_P(Transports, InterceptorMistakeTest, ::testing::ValuesIn(AllTransports()), NameOf);

}  // namespace
}  // namespace contract
}  // namespace rhei::inline v0
