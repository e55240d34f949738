#include "rpc/server_loop.h"

#include <utility>

namespace rhei::inline v0::rpc {

using transport::Http2ServerConnection;

void ServerLoop::Adopt(std::unique_ptr<runtime::AcceptedStream> accepted) {
  if (draining_) return;
  if (total_ >= limits_.max_connections) {
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
  if (connections_.empty()) return when_empty();
  when_empty_ = std::move(when_empty);
  for (const auto& [key, connection] : connections_) connection->Drain("the server stops");
}

void ServerLoop::Abort() {
  for (const auto& [key, connection] : connections_) connection->Abort("the server stops");
}

void ServerLoop::ListRunning(std::vector<std::string>& paths) const {
  for (const auto& [key, connection] : connections_) connection->ListRunning(paths);
}

void ServerLoop::OnConnectionGone(Http2ServerConnection& connection) {
  connections_.erase(&connection);
  --total_;
  if (!connections_.empty() || !when_empty_) return;
  // It may release this.
  UniqueFunction<void()> when_empty = std::move(when_empty_);
  when_empty();
}

}  // namespace rhei::inline v0::rpc
