// ChannelLoop: a channel's share of one loop: the calls that wait for a connection, and the connection.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "client/call_queue.h"
#include "client/channel_share.h"
#include "client/subchannel.h"
#include "rhei/channel.h"
#include "rhei/client_call.h"
#include "rhei/runtime.h"
#include "runtime/loop.h"

namespace rhei::inline v0::client {

// The share of a channel whose servers are reached by a network.
class ChannelLoop final : public ChannelShare, public Subchannel::Owner, private ClientCallHolder {
 public:
  ChannelLoop(std::shared_ptr<const ChannelConfig> config, runtime::Loop& loop);
  ~ChannelLoop() override;

  void Start(ClientCall& call) override;
  void Close(std::unique_ptr<ChannelShare> self) override;

 private:
  void OnSubchannelChanged() override;
  void OnUnprocessed(ClientCall& call, Error error) override;
  void CancelCall(ClientCall& call, Error reason) override;
  std::string WaitingFor(const ClientCall& call) const override;

  // Starts, queues or fails the call, as the state demands.
  void Place(ClientCall& call);
  void End(ClientCall& call, Error error);
  void ServeQueue();
  void FailQueue();
  Error Unavailable(const ClientCall& call) const;
  void GiveUpIfDone();

  const std::shared_ptr<const ChannelConfig> config_;
  runtime::Loop& loop_;
  std::unique_ptr<Subchannel> subchannel_;  // null when the target cannot be read
  CallQueue waiting_;
  bool serving_ = false;
  std::unique_ptr<ChannelShare> self_;  // once the channel is gone
};

}  // namespace rhei::inline v0::client
