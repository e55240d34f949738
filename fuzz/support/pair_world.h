// Two ends of a connection and what lies between them: bytes move, time passes and calls go on as a script says.
#pragma once

#include <memory>
#include <string>

#include "fuzz/input.h"
#include "fuzz/support/peer.h"

namespace rhei::fuzz {

// Limits for ends that keep to the protocol: no timeout, no budget against abuse, windows and tables by the script.
Limits HonestLimits(Input& script);

// A script is a byte of options and then operations, each a byte and its arguments; see Step. Nothing that it orders
// is against the protocol, so no end may ever fail, and:
//   - what arrives is what was sent, in order, and each call ends once on each side (Session checks it);
//   - when nothing moves any more, everything has arrived, but for what a window that was told forbids to send;
//   - when all calls have been ended and all is consumed, everything has arrived;
//   - when all calls have been released, nothing is left, and the connection's windows are open again.
class PairWorld {
 public:
  PairWorld(std::unique_ptr<Peer> client, std::unique_ptr<Peer> server, Input& script);

  void Run();

 private:
  struct End {
    std::unique_ptr<Peer> peer;
    std::string pipe;  // on the way to it
    bool eager;        // consumes what arrives at once
  };

  void Step();
  void Start();
  void Write();
  void Move();
  void AnnounceWindow();
  void OnCall(int operation);

  // Moves up to `most` bytes of what `to` is to receive out of the other end; or to it.
  bool Flush(End& to, std::size_t most);
  bool Deliver(End& to, std::size_t most);
  void ConsumeAll(End& end);
  bool MoveOnce();
  void Advance(Duration duration);
  // Lets everything move that can.
  void ComeToRest();

  void CheckAllArrivedOrBlocked();
  void CheckArrived(End& from, End& to);
  void EndAllCalls();
  void CheckAllDone();
  void ReleaseAll();

  End& Other(End& end) { return &end == &client_ ? server_ : client_; }
  End& AnyEnd() { return script_.Below(2) == 0 ? client_ : server_; }
  // One of the calls that have not been released, or 0.
  http2::StreamId AnyCall(const End& end);

  Input& script_;
  End client_;
  End server_;
  std::size_t written_ = 0;
};

}  // namespace rhei::fuzz
