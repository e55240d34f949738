// What every sender of HTTP/2 must obey, written down a second time and checked on the bytes that a connection writes.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "fuzz/support/frame_reader.h"
#include "http2/connection.h"

namespace rhei::fuzz {

class FrameWatch {
 public:
  // Of a connection with this role and these limits.
  FrameWatch(http2::Role role, const Limits& limits);

  // The next bytes that the connection took in, whatever they are. Comes before what it wrote upon them.
  void Heard(std::string_view bytes);
  // The next bytes that it wrote.
  void Wrote(std::string_view bytes);

  // Neither a frame nor a header block has begun and is not whole: frames of others may be written in between.
  bool may_splice() const { return written_.between_frames() && open_block_ == 0; }
  bool settings_written() const { return settings_written_; }
  // What the peer still allows to be sent, as told so far.
  std::int64_t send_window(http2::StreamId stream) const;
  std::int64_t connection_send_window() const { return send_window_; }
  // The last frame written is a GOAWAY.
  bool ends_with_goaway() const { return last_type_ == http2::FrameType::kGoAway && written_.between_frames(); }
  http2::ErrorCode last_goaway() const { return last_goaway_; }

 private:
  struct StreamWatch {
    bool heard = false;  // HEADERS from the peer
    bool headers = false;
    bool ended = false;
    bool reset = false;
    std::int64_t send_distance = 0;     // of its window from the initial one
    std::int64_t receive_distance = 0;  // of the window that is granted to the peer
  };

  void OnHeard(const http2::FrameHeader& header, std::string_view payload);
  void OnWritten(const http2::FrameHeader& header, std::string_view payload);
  void OnHeaders(const http2::FrameHeader& header, std::string_view payload);
  void OnData(const http2::FrameHeader& header, std::string_view payload);
  void OnRstStream(const http2::FrameHeader& header, std::string_view payload);
  void OnSettings(const http2::FrameHeader& header, std::string_view payload);
  void OnPing(const http2::FrameHeader& header, std::string_view payload);
  void OnGoAway(const http2::FrameHeader& header, std::string_view payload);
  void OnWindowUpdate(const http2::FrameHeader& header, std::string_view payload);

  http2::Role role_;
  std::int64_t largest_stream_window_;
  std::int64_t largest_connection_window_;
  FrameReader heard_;
  FrameReader written_;
  std::map<http2::StreamId, StreamWatch> streams_;

  std::int64_t initial_window_ = http2::kDefaultWindow;  // of the peer's last SETTINGS
  std::int64_t highest_initial_window_ = http2::kDefaultWindow;
  std::uint32_t peer_max_frame_ = http2::kLargestFrame;  // the highest of its SETTINGS
  std::int64_t send_window_ = http2::kDefaultWindow;
  std::int64_t receive_window_ = http2::kDefaultWindow;
  std::int64_t own_initial_window_ = http2::kDefaultWindow;
  std::uint64_t answers_owed_ = 0;  // acknowledgements of SETTINGS and PING
  http2::StreamId open_block_ = 0;
  http2::StreamId highest_ = 0;
  http2::StreamId last_stream_ = http2::kMaxStreamId;  // of its last GOAWAY
  http2::ErrorCode last_goaway_ = http2::ErrorCode::kNoError;
  http2::FrameType last_type_ = http2::FrameType::kData;
  bool settings_written_ = false;
};

}  // namespace rhei::fuzz
