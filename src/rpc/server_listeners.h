// ServerListeners: the addresses that a server listens on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rhei/function.h"
#include "rhei/result.h"
#include "runtime/loop.h"

namespace rhei::inline v0::rpc {

// On one loop. Destroying it ends listening.
class ServerListeners {
 public:
  // `accepted` is called on the loop for each new connection, `shed` for each that the process had no descriptor for.
  ServerListeners(runtime::Loop& loop, UniqueFunction<void(std::unique_ptr<runtime::AcceptedStream>)> accepted,
                  UniqueFunction<void()> shed);

  // Listens on all of them; names such as "localhost:80" are looked up. `done` is called on the loop; its error names
  // every address that failed and why, and then none is listened on.
  void Listen(const std::vector<std::string>& addresses, UniqueFunction<void(Status)> done);

  // Of the first address that has one; 0 if there is none.
  std::uint16_t port() const;

 private:
  void ListenOn(const std::string& text);
  void ListenOnResolved(const std::string& text, Result<std::vector<runtime::Address>> addresses);
  Status Open(const runtime::Address& address);
  void AddFailure(std::string_view text);
  void FinishOne();

  runtime::Loop& loop_;
  UniqueFunction<void(std::unique_ptr<runtime::AcceptedStream>)> accepted_;
  UniqueFunction<void()> shed_;
  UniqueFunction<void(Status)> done_;
  std::size_t waiting_ = 0;
  std::string failures_;
  std::vector<std::unique_ptr<runtime::Listener>> listeners_;
  std::vector<std::unique_ptr<runtime::Operation>> lookups_;
};

}  // namespace rhei::inline v0::rpc
