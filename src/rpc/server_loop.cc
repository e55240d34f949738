#include "rpc/server_loop.h"

#include <utility>

namespace rhei::inline v0::rpc {

using transport::Http2ServerConnection;

void ServerLoop::Adopt(std::unique_ptr<runtime::AcceptedStream> accepted) {
  if (draining_) return;
  if (loop_.Memory(limits_.process_memory) == runtime::MemoryLevel::kCritical) {
    return Refuse(Abuse::kMemoryShortage, "memory is short");
  }
  Result<std::unique_ptr<runtime::ByteStream>> stream = loop_.Adopt(std::move(accepted));
  if (!stream.ok()) {
    router_.logger().Write(LogLevel::kWarning, "a new connection was lost: " + stream.error().message());
    return;
  }
  if (!count_.Enter((*stream)->peer())) {
    return Refuse(Abuse::kConnectionRefused,
                  "there are as many already as Limits allows, in all or from " + NetworkOf((*stream)->peer()));
  }
  auto connection = std::make_unique<Http2ServerConnection>(router_, limits_, loop_, index_, *std::move(stream), *this);
  Http2ServerConnection* const key = connection.get();
  connections_.emplace(key, std::move(connection));
  key->Start();
}

void ServerLoop::Refuse(Abuse kind, std::string_view why) {
  router_.abuses().Count(kind);
  router_.logger().Write(LogLevel::kWarning, "a new connection was refused: " + std::string(why));
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
    if (call->running()) paths.emplace_back(call->path());
  }
}

void ServerLoop::OnConnectionGone(Http2ServerConnection& connection) {
  const runtime::Address peer = connection.link().peer();
  connections_.erase(&connection);
  count_.Leave(peer);
  TellIfEmpty();
}

void ServerLoop::TellIfEmpty() {
  if (!empty() || !when_empty_) return;
  // It may release this.
  UniqueFunction<void()> when_empty = std::move(when_empty_);
  when_empty();
}

}  // namespace rhei::inline v0::rpc
