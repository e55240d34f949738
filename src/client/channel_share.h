// ChannelShare: a channel's share of one loop.
#pragma once

#include <memory>
#include <string>

#include "client/method_names.h"
#include "client/target.h"
#include "rhei/channel.h"
#include "rhei/client_call.h"
#include "rhei/runtime.h"

namespace rhei::inline v0::transport {
class InProcessServer;
}

namespace rhei::inline v0::client {

// What the shares of one channel have in common; constant.
struct ChannelConfig {
  std::string target_text;
  Result<Target> target;
  ChannelOptions options;
  std::string user_agent;
  std::shared_ptr<Runtime> runtime;
  std::shared_ptr<transport::InProcessServer> server;  // instead of the target
  std::unique_ptr<MethodNames> methods = std::make_unique<MethodNames>();
};

// On its loop only. Outlives the channel for as long as it has calls: see Close.
class ChannelShare {
 public:
  virtual ~ChannelShare() = default;

  // Takes over one reference.
  virtual void Start(ClientCall& call) = 0;

  // The channel is gone. Calls that were started go on; with the last of them `self` is given up.
  virtual void Close(std::unique_ptr<ChannelShare> self) = 0;
};

}  // namespace rhei::inline v0::client
