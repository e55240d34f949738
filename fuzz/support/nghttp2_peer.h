// An end of a connection that nghttp2 plays.
#pragma once

#include <memory>

#include "fuzz/support/peer.h"

struct nghttp2_session;

namespace rhei::fuzz {

// Whatever nghttp2 finds wrong with what it receives ends the process.
class Nghttp2Peer : public Peer {
 public:
  Nghttp2Peer(http2::Role role, std::uint32_t stream_window, std::uint32_t connection_window);
  ~Nghttp2Peer() override;

  void Receive(std::string_view bytes) override;
  std::string TakeOutput(std::size_t most) override;
  void Advance(Duration) override {}
  bool Start(std::uint8_t variant, bool end) override;
  void Write(http2::StreamId call, std::size_t size, bool end, bool direct) override;
  void Finish(http2::StreamId call) override;
  void Cancel(http2::StreamId call, http2::ErrorCode code) override;
  void Release(http2::StreamId call) override;
  void Consume(http2::StreamId call, std::size_t size) override;
  void Ping() override;
  void Drain() override;
  std::string AnnounceWindow(std::uint32_t size) override;
  std::string failure() const override { return {}; }
  std::size_t Queued(http2::StreamId call) const override;
  bool EndWaits(http2::StreamId call) const override;
  std::int64_t SendWindow(http2::StreamId call) const override;
  std::int64_t ConnectionSendWindow() const override;
  void CheckNothingIsLeft() override;

 private:
  // What is queued on a call, for nghttp2's data source.
  struct Source {
    std::uint64_t taken = 0;  // of the body
    bool ended = false;       // nghttp2 has been told the end
    bool submitted = false;   // it knows of this source
  };
  struct Callbacks;

  std::map<http2::StreamId, Source> sources_;
  void HandleInput();
  void FillOutput(std::size_t most);
  void Resume(http2::StreamId call);
  long Read(http2::StreamId call, char* buffer, std::size_t size, std::uint32_t* flags);

  const http2::Role role_;
  nghttp2_session* session_ = nullptr;
  bool settings_heard_ = false;
  bool draining_ = false;
  std::string input_;   // that nghttp2 does not want yet
  std::string output_;  // taken from nghttp2 and not yet asked for
};

}  // namespace rhei::fuzz
