// ServerLoop: a server's share of one loop: the connections that live there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rhei/function.h"
#include "rhei/limits.h"
#include "rpc/connection_count.h"
#include "runtime/loop.h"
#include "transport/call_router.h"
#include "transport/http2_server_connection.h"
#include "transport/inprocess_server_call.h"

namespace rhei::inline v0::rpc {

// Everything on its loop.
class ServerLoop final : public transport::Http2ServerConnection::Owner {
 public:
  // `connections` is for all loops of the server.
  ServerLoop(const transport::CallRouter& router, const Limits& limits, runtime::Loop& loop, std::size_t index,
             ConnectionCount& connections)
      : router_(router), limits_(limits), loop_(loop), index_(index), count_(connections) {}

  runtime::Loop& loop() { return loop_; }

  // Serves one more connection; one that comes too late, cannot be adopted, or is one too many, is closed.
  void Adopt(std::unique_ptr<runtime::AcceptedStream> accepted);

  // Takes a call from inside of the process; false: the server stops.
  bool Admit(transport::InProcessServerCall& call);
  void GiveBack(transport::InProcessServerCall& call);

  // No new calls. `when_empty` is called when the last connection and the last call of the process are gone, at once if
  // there is none.
  void Drain(UniqueFunction<void()> when_empty);
  // Cancels all calls and closes all connections, but those whose handlers still run stay until they have answered.
  void Abort();
  void ListRunning(std::vector<std::string>& paths) const;
  bool empty() const { return connections_.empty() && first_call_ == nullptr; }

 private:
  void Refuse(Abuse kind, std::string_view why);
  void OnConnectionGone(transport::Http2ServerConnection& connection) override;

  const transport::CallRouter& router_;
  const Limits limits_;
  runtime::Loop& loop_;
  const std::size_t index_;
  ConnectionCount& count_;
  std::unordered_map<transport::Http2ServerConnection*, std::unique_ptr<transport::Http2ServerConnection>> connections_;
  void TellIfEmpty();

  transport::InProcessServerCall* first_call_ = nullptr;  // from inside of the process
  bool draining_ = false;
  UniqueFunction<void()> when_empty_;
};

}  // namespace rhei::inline v0::rpc
