// ChannelLoop: a channel's share of one loop: the calls that wait for a connection, and the connection.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "client/method_names.h"
#include "client/subchannel.h"
#include "client/target.h"
#include "rhei/channel.h"
#include "rhei/client_call.h"
#include "rhei/runtime.h"
#include "runtime/loop.h"

namespace rhei::inline v0::client {

// What the shares of one channel have in common; constant.
struct ChannelConfig {
  std::string target_text;
  Result<Target> target;
  ChannelOptions options;
  std::string user_agent;
  std::shared_ptr<Runtime> runtime;
  std::unique_ptr<MethodNames> methods = std::make_unique<MethodNames>();
};

// On its loop only. Outlives the channel for as long as it has calls: see Close.
class ChannelLoop final : public Subchannel::Owner, private ClientCallHolder {
 public:
  ChannelLoop(std::shared_ptr<const ChannelConfig> config, runtime::Loop& loop);
  ~ChannelLoop();

  // Takes over one reference.
  void Start(ClientCall& call);

  // The channel is gone. Calls that were started go on; with the last of them `self` is given up.
  void Close(std::unique_ptr<ChannelLoop> self);

 private:
  void OnSubchannelChanged() override;
  void OnUnprocessed(ClientCall& call, Error error) override;
  void CancelCall(ClientCall& call, Error reason) override;
  std::string WaitingFor(const ClientCall& call) const override;

  // Starts, queues or fails the call, as the state demands.
  void Place(ClientCall& call);
  void Enqueue(ClientCall& call);
  void Dequeue(ClientCall& call);
  void End(ClientCall& call, Error error);
  void ServeQueue();
  void FailQueue();
  Error Unavailable(const ClientCall& call) const;
  void GiveUpIfDone();

  const std::shared_ptr<const ChannelConfig> config_;
  runtime::Loop& loop_;
  std::unique_ptr<Subchannel> subchannel_;  // null when the target cannot be read
  ClientCall* first_ = nullptr;             // waiting calls, oldest first
  ClientCall* last_ = nullptr;
  bool serving_ = false;
  std::unique_ptr<ChannelLoop> self_;  // once the channel is gone
};

}  // namespace rhei::inline v0::client
