#include "rhei/server_context.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "rhei/codec.h"
#include "rhei/server_call.h"
#include "transport/server_context_writer.h"

namespace rhei::inline v0 {
namespace {

// Who tests a handler may give it a context of his own.
TEST(ServerContextTest, OfNobodysCallSaysNothing) {
  const ServerContext context;
  EXPECT_EQ(context.method(), "");
  EXPECT_EQ(context.authority(), "");
  EXPECT_EQ(context.user_agent(), "");
  EXPECT_EQ(context.peer(), "");
  EXPECT_EQ(context.local(), "");
  EXPECT_TRUE(context.metadata().empty());
  EXPECT_FALSE(context.IsCancelled());
}

TEST(ServerContextTest, SaysWhatItsTransportHasFilledIn) {
  const CallOrigin origin{"weather:8090", "tester", "127.0.0.1:50412", "127.0.0.1:8090"};
  ServerContext context;
  ServerContextWriter::SetFacts(context, "/test.S/A", origin);
  EXPECT_EQ(context.method(), "/test.S/A");
  EXPECT_EQ(context.authority(), "weather:8090");
  EXPECT_EQ(context.user_agent(), "tester");
  EXPECT_EQ(context.peer(), "127.0.0.1:50412");
  EXPECT_EQ(context.local(), "127.0.0.1:8090");
}

// As a transport that knows only the two steps of an answer.
class TwoStepCall final : public ServerCall {
 public:
  char* ReserveReply(std::size_t size) override {
    reply.resize(size);
    return reply.data();
  }
  void Reply() override { answered = true; }

  ServerContext& context() override { return context_; }
  Executor& executor() override { std::abort(); }
  std::size_t loop_index() const override { return kNoLoop; }
  Logger& logger() override { std::abort(); }
  std::size_t max_send_message() const override { return SIZE_MAX; }
  TimePoint read_at() const override { return {}; }
  void SendHeaders(const Metadata&) override {}
  void Succeed() override {}
  void Fail(const Error&) override {}
  runtime::Loop& loop() override { std::abort(); }
  MessageStream& OpenStream(MessageStream::Listener&) override { std::abort(); }
  void Break(Error) override {}

  std::string reply;
  bool answered = false;

 private:
  ServerContext context_;
};

TEST(ServerCallTest, ATransportNeedNotKnowOfPieces) {
  for (const std::size_t size : {10, 20'000}) {
    TwoStepCall call;
    std::string message(size, 'x');
    message.back() = 'y';
    const std::string expected = message;
    SendReply(call, std::move(message), size);
    EXPECT_TRUE(call.answered);
    EXPECT_TRUE(call.reply == expected) << size;
  }
}

}  // namespace
}  // namespace rhei::inline v0
