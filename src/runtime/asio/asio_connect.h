// A connect that is under way.
#pragma once

#include <memory>

#include "runtime/asio/watched_descriptor.h"
#include "runtime/loop.h"

namespace rhei::inline v0::runtime {

// See Loop::Connect. `done` may destroy the operation.
class AsioConnect final : public Operation, private ByteStream::Handler {
 public:
  using Done = UniqueFunction<void(Result<std::unique_ptr<ByteStream>>)>;
  AsioConnect(AsioLoop& loop, const Address& address, Done done);

 private:
  void Start();
  void OnReadable() override {}
  void OnWritable() override;
  void Finish();
  Error Failure(std::string_view cause) const;

  AsioLoop& loop_;
  const Address address_;
  Done done_;
  WatchedDescriptor socket_;
  std::string cause_;     // why it failed; empty when it did not
  EndOfTurnTask finish_;  // so that `done` is never called from inside the constructor
};

}  // namespace rhei::inline v0::runtime
