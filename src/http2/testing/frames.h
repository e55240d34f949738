// Raw frames for tests: to build them, good or bad, and to read what a connection wrote.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http2/frame/frame_header.h"
#include "http2/frame/settings.h"

namespace rhei::inline v0::http2::testing {

// A frame with any content, whether it makes sense or not.
std::string Frame(FrameType type, int flags, std::uint32_t stream, std::string_view payload = {});
std::string Frame(int type, int flags, std::uint32_t stream, std::string_view payload = {});

std::string U16(std::uint32_t value);
std::string U32(std::uint32_t value);

std::string Data(std::uint32_t stream, std::string_view data, bool end_stream = false);
std::string Headers(std::uint32_t stream, std::string_view block, bool end_stream = false, bool end_headers = true);
std::string Continuation(std::uint32_t stream, std::string_view block, bool end_headers = true);
std::string RstStream(std::uint32_t stream, ErrorCode code);
std::string Settings(std::initializer_list<Setting> settings = {});
std::string SettingsAck();
std::string Ping(std::string_view eight_bytes, bool ack = false);
std::string GoAway(std::uint32_t last_stream, ErrorCode code, std::string_view debug = {});
std::string WindowUpdate(std::uint32_t stream, std::uint32_t increment);
std::string Priority(std::uint32_t stream, std::uint32_t dependency);
// The preface and empty SETTINGS.
std::string ClientHello();

// A header block of literals that enter no table, so that blocks may be sent in any order.
using Fields = std::vector<std::pair<std::string, std::string>>;
std::string Block(const Fields& fields);
Fields GetFields();   // GET http://test/
Fields PostFields();  // POST http://test/
Fields OkFields();    // 200
std::string GetBlock();
std::string PostBlock();
std::string OkBlock();

// A frame that a connection wrote.
struct SeenFrame {
  FrameHeader header;
  std::string payload;

  // Of RST_STREAM and GOAWAY.
  ErrorCode code() const;
  // Of GOAWAY.
  std::uint32_t last_stream() const;
  std::string debug() const;
};

// Requires whole frames. A client's preface in front is taken off.
std::vector<SeenFrame> ParseFrames(std::string_view bytes);

}  // namespace rhei::inline v0::http2::testing
