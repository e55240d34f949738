#include "rhei/server_context.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace rhei::inline v0
