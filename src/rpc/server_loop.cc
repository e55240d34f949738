#include "rpc/server_loop.h"

#include <utility>

namespace rhei::inline v0::rpc {

using transport::Http2ServerConnection;

void ServerLoop::Adopt(std::unique_ptr<runtime::AcceptedStream> accepted) {
  if (draining_) return;
  if (total_ >= limits_.max_connections) {
    router_.abuses().Count(Abuse::kConnectionRefused);
    router_.logger().Write(LogLevel::kWarning, "a new connection was refused: there are " +
                                                   std::to_string(limits_.max_connections) + " already");
    return;
  }
  Result<std::unique_ptr<runtime::ByteStream>> stream = loop_.Adopt(std::move(accepted));
  if (!stream.ok()) {
    router_.logger().Write(LogLevel::kWarning, "a new connection was lost: " + stream.error().message());
    return;
  }
  auto connection = std::make_unique<Http2ServerConnection>(router_, limits_, loop_, index_, *std::move(stream), *this);
  Http2ServerConnection* const key = connection.get();
  connections_.emplace(key, std::move(connection));
  ++total_;
  key->Start();
}

void ServerLoop::Drain(UniqueFunction<void()> when_empty) {
  draining_ = true;
  if (empty()) return when_empty();
  when_empty_ = std::move(when_empty);
  for (const auto& [key, connection] : connections_) connection->Drain("the server stops");
}

bool ServerLoop::Admit(transport::InProcessServerCall& call) {
  if (draining_) return false;
  call.next = first_call_;
  if (first_call_ != nullptr) first_call_->previous = &call;
  first_call_ = &call;
  return true;
}

void ServerLoop::GiveBack(transport::InProcessServerCall& call) {
  (call.previous != nullptr ? call.previous->next : first_call_) = call.next;
  if (call.next != nullptr) call.next->previous = call.previous;
  TellIfEmpty();
}

void ServerLoop::Abort() {
  for (const auto& [key, connection] : connections_) connection->Abort("the server stops");
  // Those whose handlers end by being told are given back meanwhile.
  std::vector<transport::InProcessServerCall*> calls;
  for (auto* call = first_call_; call != nullptr; call = call->next) calls.push_back(call);
  for (transport::InProcessServerCall* const call : calls) {
    auto abort = [](transport::InProcessServerCall& aborted) { aborted.Abort("the server stops"); };
    abort(*call);
  }
}

void ServerLoop::ListRunning(std::vector<std::string>& paths) const {
  for (const auto& [key, connection] : connections_) connection->ListRunning(paths);
  for (const auto* call = first_call_; call != nullptr; call = call->next) {
    if (call->running()) paths.push_back(call->path());
  }
}

void ServerLoop::OnConnectionGone(Http2ServerConnection& connection) {
  connections_.erase(&connection);
  --total_;
  TellIfEmpty();
}

void ServerLoop::TellIfEmpty() {
  if (!empty() || !when_empty_) return;
  // It may release this.
  UniqueFunction<void()> when_empty = std::move(when_empty_);
  when_empty();
}

}  // namespace rhei::inline v0::rpc
