#include "rpc/server_stop.h"

#include <map>
#include <utility>

namespace rhei::inline v0::rpc {
namespace {

// "2 calls still ran after 5000 ms: /a.B/C (2)"
std::string Describe(const std::vector<std::string>& running, Duration after) {
  std::map<std::string, std::size_t> counts;
  for (const std::string& path : running) ++counts[path];
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(after).count();
  std::string text = std::to_string(running.size()) + (running.size() == 1 ? " call" : " calls") + " still ran after " +
                     std::to_string(waited) + " ms:";
  for (const auto& [path, count] : counts) text.append(" ").append(path).append(" (" + std::to_string(count) + ")");
  return text;
}

}  // namespace

ServerStop::ServerStop(std::vector<ServerLoop*> loops, std::shared_ptr<void> owner)
    : loops_(std::move(loops)),
      owner_(std::move(owner)),
      not_empty_(loops_.size()),
      not_aborted_(loops_.size()),
      timer_([this] { OnGraceOver(); }) {}

void ServerStop::Begin() {
  runtime::Loop& home = loops_.front()->loop();
  begun_ = home.Now();
  for (ServerLoop* const server_loop : loops_) {
    auto drain = [self = shared_from_this(), server_loop, &home] {
      server_loop->Drain([self, &home] { home.Post([self] { self->OnEmpty(); }); });
    };
    server_loop->loop().Post(std::move(drain));
  }
}

void ServerStop::EndAfter(Duration grace) {
  if (aborting_ || finished_) return;
  runtime::Loop& home = loops_.front()->loop();
  const TimePoint end = home.Now() + grace;
  if (timer_.armed() && end_ <= end) return;
  end_ = end;
  home.Arm(timer_, end);
}

void ServerStop::WhenDone(UniqueFunction<void(const Status&)> done) {
  if (finished_) return done(status_);
  waiting_.push_back(std::move(done));
}

void ServerStop::OnEmpty() {
  if (--not_empty_ > 0) return;
  if (!aborting_) Finish();
  // What it owned may go, this object with it.
  const std::shared_ptr<void> owner = std::move(owner_);
}

void ServerStop::OnGraceOver() {
  aborting_ = true;
  runtime::Loop& home = loops_.front()->loop();
  for (ServerLoop* const server_loop : loops_) {
    auto abort = [self = shared_from_this(), server_loop, &home] {
      std::vector<std::string> running;
      server_loop->ListRunning(running);
      server_loop->Abort();
      auto report = [self, running = std::move(running)] { self->OnAborted(running); };
      home.Post(std::move(report));
    };
    server_loop->loop().Post(std::move(abort));
  }
}

void ServerStop::OnAborted(const std::vector<std::string>& running) {
  running_.insert(running_.end(), running.begin(), running.end());
  if (--not_aborted_ == 0) Finish();
}

void ServerStop::Finish() {
  if (std::exchange(finished_, true)) return;
  runtime::Loop& home = loops_.front()->loop();
  home.Cancel(timer_);
  if (!running_.empty()) {
    status_ = Error(StatusCode::kDeadlineExceeded, Describe(running_, home.Now() - begun_), Origin::kLibrary);
  }
  for (UniqueFunction<void(const Status&)>& done : std::exchange(waiting_, {})) done(status_);
}

}  // namespace rhei::inline v0::rpc
