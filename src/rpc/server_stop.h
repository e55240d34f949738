// ServerStop: how a server ends: drain, wait, cancel, tell what still ran.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "rhei/function.h"
#include "rhei/result.h"
#include "rpc/server_loop.h"
#include "runtime/loop.h"

namespace rhei::inline v0::rpc {

// Everything on the first of the server's loops, its home; the others are asked by Post.
class ServerStop final : public std::enable_shared_from_this<ServerStop> {
 public:
  // `owner` owns the loops, and is kept until every one of them is empty: a handler that outlives the stop finds its
  // server.
  ServerStop(std::vector<ServerLoop*> loops, std::shared_ptr<void> owner);

  void Begin();
  // Calls that still run after `grace` are cancelled; 0: at once. The earliest end that was asked for counts.
  void EndAfter(Duration grace);
  // `done` is called when the server has stopped, at once if it has.
  void WhenDone(UniqueFunction<void(const Status&)> done);

 private:
  void OnEmpty();
  void OnGraceOver();
  void OnAborted(const std::vector<std::string>& running);
  void Finish();

  const std::vector<ServerLoop*> loops_;
  std::shared_ptr<void> owner_;
  std::vector<UniqueFunction<void(const Status&)>> waiting_;
  TimePoint begun_{};
  TimePoint end_{};
  Status status_;
  std::size_t not_empty_;
  std::size_t not_aborted_;
  bool aborting_ = false;
  bool finished_ = false;
  std::vector<std::string> running_;
  runtime::Timer timer_;
};

}  // namespace rhei::inline v0::rpc
