// A listening TCP or Unix socket.
#pragma once

#include <memory>
#include <utility>

#include "runtime/asio/watched_descriptor.h"
#include "runtime/loop.h"
#include "runtime/posix/socket.h"

namespace rhei::inline v0::runtime {

// When the process has no descriptor left, the connections that wait are accepted with one that is kept for that and
// closed at once, so that their clients learn of it; then listening rests for a moment, so that it costs no CPU.
class AsioListener final : public Listener, private ByteStream::Handler {
 public:
  using Accepted = UniqueFunction<void(std::unique_ptr<AcceptedStream>)>;
  static Result<std::unique_ptr<Listener>> Open(AsioLoop& loop, const Address& address, Accepted accepted);
  ~AsioListener() override;

  const Address& address() const override { return address_; }
  void OnShed(UniqueFunction<void()> shed) override { shed_ = std::move(shed); }

 private:
  AsioListener(AsioLoop& loop, Accepted accepted);
  posix::ErrorNumber Start(posix::Descriptor socket);

  void OnReadable() override;
  void OnWritable() override {}
  void Shed();
  void Resume();

  AsioLoop& loop_;
  Accepted accepted_;
  UniqueFunction<void()> shed_;
  WatchedDescriptor socket_;
  Address address_;
  posix::FileIdentity file_;  // of the Unix path
  posix::Descriptor reserve_;
  bool sheds_ = false;  // whether the last connection was turned away
  Timer resume_;
  bool* destroyed_ = nullptr;  // set while `accepted_` runs, as it may destroy us
};

}  // namespace rhei::inline v0::runtime
