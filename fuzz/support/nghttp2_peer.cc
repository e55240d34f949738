#include "fuzz/support/nghttp2_peer.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <utility>

#include "fuzz/check.h"
#include "fuzz/support/body.h"

namespace rhei::fuzz {
namespace {

using namespace http2;

nghttp2_nv Field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));  // nghttp2 copies it
  };
  return {.name = bytes(name), .value = bytes(value), .namelen = name.size(), .valuelen = value.size(), .flags = 0};
}

std::int32_t Id(StreamId stream) { return static_cast<std::int32_t>(stream); }

}  // namespace

// What nghttp2 calls.
struct Nghttp2Peer::Callbacks {
  static Nghttp2Peer& Of(void* user) { return *static_cast<Nghttp2Peer*>(user); }

  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Nghttp2Peer& peer = Of(user);
    const auto id = static_cast<StreamId>(frame->hd.stream_id);
    const bool end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    peer.settings_heard_ |= frame->hd.type == NGHTTP2_SETTINGS;
    if (frame->hd.type == NGHTTP2_GOAWAY) Check(frame->goaway.error_code == NGHTTP2_NO_ERROR, "no error is told");
    if (frame->hd.type == NGHTTP2_HEADERS) {
      Call& call = peer.calls_[id];
      Check(!call.end_received, "no HEADERS follow the end");
      call.trailers_received = call.head_received;
      call.head_received = true;
      Check(end || !call.trailers_received, "trailers end the stream");
      call.end_received |= end;
    } else if (frame->hd.type == NGHTTP2_DATA) {
      peer.calls_[id].end_received |= end;
    } else if (frame->hd.type == NGHTTP2_RST_STREAM) {
      peer.calls_[id].reset_received = true;
    }
    return 0;
  }

  static int OnData(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data, std::size_t size,
                    void* user) {
    Nghttp2Peer& peer = Of(user);
    const auto id = static_cast<StreamId>(stream);
    Call& call = peer.calls_[id];
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    Check(call.head_received && !call.end_received, "DATA lies between HEADERS and the end");
    call.body_is_right &= Body(id, peer.role_ == Role::kServer).Is(call.received, bytes);
    call.received += size;
    call.held += size;
    return 0;
  }

  static int OnInvalid(nghttp2_session*, const nghttp2_frame* frame, int error, void*) {
    Check(false, "nghttp2 takes every frame: " + std::string(nghttp2_strerror(error)) + ", of type " +
                     std::to_string(frame->hd.type));
    return 0;
  }

  // Requests wait inside of nghttp2 while the peer's limit does not allow them.
  static int OnSent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR) {
      Check(false,
            "nghttp2 finds nothing wrong: " +
                std::string(reinterpret_cast<const char*>(frame->goaway.opaque_data), frame->goaway.opaque_data_len));
    }
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    Of(user).calls_.at(static_cast<StreamId>(frame->hd.stream_id)).head_sent = true;
    return 0;
  }
  static int OnNotSent(nghttp2_session*, const nghttp2_frame* frame, int, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    Of(user).calls_.at(static_cast<StreamId>(frame->hd.stream_id)).reset_received = true;
    return 0;
  }

  // Also comes for what a GOAWAY excludes.
  static int OnClose(nghttp2_session*, std::int32_t stream, std::uint32_t code, void* user) {
    Nghttp2Peer& peer = Of(user);
    Call& call = peer.calls_[static_cast<StreamId>(stream)];
    if (code != NGHTTP2_NO_ERROR || !call.end_received || !call.end_sent) call.reset_received |= !call.done();
    return 0;
  }

  static ssize_t Read(nghttp2_session*, std::int32_t stream, std::uint8_t* buffer, std::size_t size,
                      std::uint32_t* flags, nghttp2_data_source*, void* user) {
    return Of(user).Read(static_cast<StreamId>(stream), reinterpret_cast<char*>(buffer), size, flags);
  }
};

Nghttp2Peer::Nghttp2Peer(Role role, std::uint32_t stream_window, std::uint32_t connection_window) : role_(role) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::OnFrame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::OnData);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, Callbacks::OnInvalid);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Callbacks::OnSent);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, Callbacks::OnNotSent);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::OnClose);
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, 1);
  if (role == Role::kServer) {
    nghttp2_session_server_new2(&session_, callbacks, this, option);
  } else {
    nghttp2_session_client_new2(&session_, callbacks, this, option);
  }
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, static_cast<std::int32_t>(connection_window));
}

Nghttp2Peer::~Nghttp2Peer() { nghttp2_session_del(session_); }

// --- bytes -----------------------------------------------------------------------------------------------------------

void Nghttp2Peer::Receive(std::string_view bytes) {
  input_.append(bytes);
  HandleInput();
}

// After its GOAWAY, and while no call is open, nghttp2 swallows what it gets, be it the first byte of a frame (seen
// with 1.52): when a call begins then, it would take the rest for something else. So it gets nothing meanwhile.
void Nghttp2Peer::HandleInput() {
  if (input_.empty() || nghttp2_session_want_read(session_) == 0) return;
  const std::string input = std::exchange(input_, {});
  const auto taken =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  Check(taken == static_cast<std::int64_t>(input.size()), "nghttp2 takes all bytes");
}

std::string Nghttp2Peer::TakeOutput(std::size_t most) {
  FillOutput(most);
  HandleInput();
  const std::string taken = output_.substr(0, most);
  output_.erase(0, taken.size());
  return taken;
}

void Nghttp2Peer::FillOutput(std::size_t most) {
  while (output_.size() < most) {
    const std::uint8_t* data = nullptr;
    const auto size = nghttp2_session_mem_send(session_, &data);
    Check(size >= 0, "nghttp2 sends");
    if (size == 0) break;
    output_.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  }
}

long Nghttp2Peer::Read(StreamId id, char* buffer, std::size_t size, std::uint32_t* flags) {
  const Call& call = calls_.at(id);
  Source& source = sources_[id];
  const std::size_t ready = std::min<std::size_t>(size, call.sent - source.taken);
  const std::string bytes = Body(id, role_ == Role::kClient).Make(source.taken, ready);
  std::copy(bytes.begin(), bytes.end(), buffer);
  source.taken += ready;
  const bool ends = call.end_sent && source.taken == call.sent;
  if (ends) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    source.ended = true;
  } else if (ready == 0) {
    return NGHTTP2_ERR_DEFERRED;
  }
  return static_cast<long>(ready);
}

// --- commands --------------------------------------------------------------------------------------------------------

bool Nghttp2Peer::Start(std::uint8_t variant, bool end) {
  if (nghttp2_session_check_request_allowed(session_) == 0) return false;
  const std::string value(variant % 4 * 100, 'v');
  const nghttp2_nv fields[] = {Field(":method", "POST"), Field(":scheme", "http"), Field(":path", "/weather"),
                               Field(":authority", "test"), Field("x-variant", value)};
  nghttp2_data_provider provider{.source = {}, .read_callback = Callbacks::Read};
  const std::int32_t id =
      nghttp2_submit_request(session_, nullptr, fields, std::size(fields), end ? nullptr : &provider, nullptr);
  if (id < 0) return false;
  Call& call = calls_[static_cast<StreamId>(id)];
  call.end_sent = end;
  sources_[static_cast<StreamId>(id)] = {.taken = 0, .ended = end, .submitted = true};
  return true;
}

void Nghttp2Peer::Write(StreamId id, std::size_t size, bool end, bool) {
  Call& call = calls_.at(id);
  if (call.end_sent || call.cut()) return;
  call.sent += size;
  call.end_sent = end;
  Resume(id);
}

// There is something new to read.
void Nghttp2Peer::Resume(StreamId id) {
  Source& source = sources_[id];
  if (source.submitted) {
    nghttp2_session_resume_data(session_, Id(id));
    return;
  }
  source.submitted = true;
  const nghttp2_nv fields[] = {Field(":status", "200")};
  nghttp2_data_provider provider{.source = {}, .read_callback = Callbacks::Read};
  nghttp2_submit_response(session_, Id(id), fields, std::size(fields), &provider);
}

void Nghttp2Peer::Finish(StreamId id) { Write(id, 0, true, false); }

// nghttp2 would reset a stream before it has opened it: a request that still waits inside of it is not cancelled.
void Nghttp2Peer::Cancel(StreamId id, ErrorCode code) {
  FillOutput(SIZE_MAX);
  if (role_ == Role::kClient && !calls_.at(id).head_sent) return;
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, Id(id), static_cast<std::uint32_t>(code));
  calls_.at(id).cancelled = true;
}

void Nghttp2Peer::Release(StreamId id) {
  Call& call = calls_.at(id);
  if (!call.done()) Cancel(id, ErrorCode::kCancel);
  if (!call.done()) return;
  Consume(id, SIZE_MAX);
  call.released = true;
}

void Nghttp2Peer::Consume(StreamId id, std::size_t size) {
  Call& call = calls_.at(id);
  size = std::min<std::size_t>(size, call.held);
  if (size == 0) return;
  call.held -= size;
  nghttp2_session_consume(session_, Id(id), size);
}

void Nghttp2Peer::Ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }

// What is open goes on; nghttp2's own number of the last stream is right for a server, and 0 for a client.
// One that drains before SETTINGS have arrived takes SETTINGS in two pieces for something else (seen with 1.52). A
// second GOAWAY may not name a higher stream than the first (RFC 9113 §6.8), and nghttp2 does not look after that.
void Nghttp2Peer::Drain() {
  if (!settings_heard_ || std::exchange(draining_, true)) return;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                        NGHTTP2_NO_ERROR, nullptr, 0);
}

std::string Nghttp2Peer::AnnounceWindow(std::uint32_t size) {
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, std::min(size, 1'000'000u)},
                                             {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, size % 5000}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  return {};
}

// --- state -----------------------------------------------------------------------------------------------------------

std::size_t Nghttp2Peer::Queued(StreamId id) const {
  const auto source = sources_.find(id);
  return calls_.at(id).sent - (source == sources_.end() ? 0 : source->second.taken);
}

// nghttp2 asks for no data, and so learns of no end, while a window is shut.
bool Nghttp2Peer::EndWaits(StreamId id) const {
  const auto source = sources_.find(id);
  return calls_.at(id).end_sent && source != sources_.end() && source->second.submitted && !source->second.ended &&
         std::min(SendWindow(id), ConnectionSendWindow()) <= 0;
}

std::int64_t Nghttp2Peer::SendWindow(StreamId id) const {
  return nghttp2_session_get_stream_remote_window_size(session_, Id(id));
}

std::int64_t Nghttp2Peer::ConnectionSendWindow() const { return nghttp2_session_get_remote_window_size(session_); }

void Nghttp2Peer::CheckNothingIsLeft() {
  Check(output_.empty() && nghttp2_session_want_write(session_) == 0, "nothing waits to be sent");
  for (const auto& [id, call] : calls_) {
    Check(nghttp2_session_find_stream(session_, Id(id)) == nullptr ||
              nghttp2_stream_get_state(nghttp2_session_find_stream(session_, Id(id))) == NGHTTP2_STREAM_STATE_CLOSED,
          "every stream is closed");
  }
}

}  // namespace rhei::fuzz
