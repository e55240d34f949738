// InProcessShare: the share of a channel whose server is in the same process.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "client/call_queue.h"
#include "client/channel_share.h"
#include "runtime/loop.h"
#include "transport/inprocess_call.h"

namespace rhei::inline v0::client {

class InProcessShare final : public ChannelShare,
                             private transport::InProcessClientCall::Owner,
                             private ClientCallHolder {
 public:
  InProcessShare(std::shared_ptr<const ChannelConfig> config, runtime::Loop& loop, std::size_t loop_index);

  void Start(ClientCall& call) override;
  void Close(std::unique_ptr<ChannelShare> self) override;

 private:
  void OnInProcessCallGone() override;
  void OnUnprocessed(ClientCall& call, Error error) override;
  void CancelCall(ClientCall& call, Error reason) override;
  std::string WaitingFor(const ClientCall& call) const override;

  void Place(ClientCall& call);
  void PlaceWaiting();
  void End(ClientCall& call, Error error);
  void GiveUpIfDone();

  const std::shared_ptr<const ChannelConfig> config_;
  runtime::Loop& loop_;
  const std::shared_ptr<const transport::InProcessLink> link_;
  std::size_t active_ = 0;  // calls that are being carried out
  CallQueue waiting_;       // for a server that does not serve yet
  runtime::Timer retry_;
  std::unique_ptr<ChannelShare> self_;  // once the channel is gone
};

}  // namespace rhei::inline v0::client
