#include "fuzz/support/nghttp2_server.h"

#include <nghttp2/nghttp2.h>

#include <iterator>

namespace rhei::fuzz {

struct Nghttp2Server::Callbacks {
  static Nghttp2Server& Of(void* user) { return *static_cast<Nghttp2Server*>(user); }

  static int OnBeginHeaders(nghttp2_session*, const nghttp2_frame*, void* user) {
    Of(user).fields_.clear();
    return 0;
  }
  static int OnHeader(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name, std::size_t name_size,
                      const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    Of(user).fields_.emplace_back(std::string(reinterpret_cast<const char*>(name), name_size),
                                  std::string(reinterpret_cast<const char*>(value), value_size));
    return 0;
  }

  // Comes for good frames only.
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Nghttp2Server& server = Of(user);
    const bool end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    const auto id = static_cast<std::uint32_t>(frame->hd.stream_id);
    if (frame->hd.type == NGHTTP2_HEADERS) {
      const bool first = server.verdict_.heard.count(id) == 0;
      Heard& heard = server.verdict_.heard[id];
      (first ? heard.headers : heard.trailers) = std::move(server.fields_);
      server.fields_.clear();
      heard.end |= end;
    } else if (frame->hd.type == NGHTTP2_DATA && end) {
      server.verdict_.heard[id].end = true;
    }
    return 0;
  }
  static int OnData(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data, std::size_t size,
                    void* user) {
    Heard& heard = Of(user).verdict_.heard[static_cast<std::uint32_t>(stream)];
    heard.data.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }
  static int OnSent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Verdict& verdict = Of(user).verdict_;
    if (frame->hd.type == NGHTTP2_RST_STREAM) verdict.reset.insert(static_cast<std::uint32_t>(frame->hd.stream_id));
    if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR) {
      verdict.failure =
          std::string(nghttp2_http2_strerror(frame->goaway.error_code)) + ": " +
          std::string(reinterpret_cast<const char*>(frame->goaway.opaque_data), frame->goaway.opaque_data_len);
    }
    return 0;
  }
};

Nghttp2Server::Nghttp2Server(std::uint32_t max_concurrent_streams) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Callbacks::OnBeginHeaders);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::OnHeader);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::OnFrame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::OnData);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Callbacks::OnSent);
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(option, 1);  // ours lets blanks through
  nghttp2_option_set_stream_reset_rate_limit(option, 1'000'000, 1'000'000);     // budgets are not what is compared
  nghttp2_session_server_new2(&session_, callbacks, this, option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, max_concurrent_streams}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
}

Nghttp2Server::~Nghttp2Server() { nghttp2_session_del(session_); }

bool Nghttp2Server::IsOpen(std::uint32_t stream) const {
  nghttp2_stream* const found = nghttp2_session_find_stream(session_, static_cast<std::int32_t>(stream));
  if (found == nullptr) return false;
  const nghttp2_stream_proto_state state = nghttp2_stream_get_state(found);
  return state != NGHTTP2_STREAM_STATE_IDLE && state != NGHTTP2_STREAM_STATE_CLOSED;
}

void Nghttp2Server::Receive(std::string_view bytes) {
  if (!verdict_.failure.empty()) return;
  const auto taken =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  const std::uint8_t* data = nullptr;
  while (nghttp2_session_mem_send(session_, &data) > 0) {
  }
  if (taken < 0 && verdict_.failure.empty()) verdict_.failure = nghttp2_strerror(static_cast<int>(taken));
}

}  // namespace rhei::fuzz
