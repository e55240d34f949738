// Limits: every bound that rhei puts on what a peer can make it do, in one place.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "rhei/time.h"

namespace rhei::inline v0 {

// The defaults keep an honest, busy peer alive and stop each known attack on HTTP/2 within a few kilobytes; all of them
// are enforced from the first byte of a connection, before any handshake. Sizes are bytes. Copy, change, and pass to a
// Server or a Connect.
struct Limits {
  // --- streams -----------------------------------------------------------------------------------------------------
  // Calls at once on one connection. A call counts until its handler has ended and its buffers are free, not until its
  // stream is closed on the wire (CVE-2023-44487, CVE-2025-8671).
  std::uint32_t max_concurrent_streams = 1024;
  // Handlers started for one connection before the other connections of its loop have their turn.
  std::uint32_t handler_starts_per_round = 32;
  // Streams that ended unfinished by a reset, sent or received: the budget's size, what a second gives back, and what
  // a call that completed normally gives back. An exhausted budget ends the connection with ENHANCE_YOUR_CALM.
  std::uint32_t reset_burst = 200;
  std::uint32_t resets_per_second = 50;

  // --- headers -----------------------------------------------------------------------------------------------------
  // One decoded header list, each field charged with its name, its value and 64 bytes. Above `soft` the call is
  // refused; above `hard` the connection ends. SETTINGS_MAX_HEADER_LIST_SIZE advertises `soft`.
  std::size_t header_list_soft = 8 * 1024;
  std::size_t header_list_hard = 16 * 1024;
  // Of the soft limit, what metadata that this side sends may not use: it is for the protocol's own fields.
  static constexpr std::size_t kProtocolHeaders = 1024;
  std::size_t max_send_metadata() const {
    return header_list_soft > kProtocolHeaders ? header_list_soft - kProtocolHeaders : 0;
  }
  // Fields of one list; pseudo-header fields and those that are discarded count.
  std::uint32_t max_header_fields = 128;
  std::uint32_t max_continuations = 8;
  // From a header block's first byte to its last.
  Duration header_block_timeout = std::chrono::seconds(5);
  // The dynamic tables of HPACK, whatever the peer would allow.
  std::uint32_t hpack_decoder_table = 4096;
  std::uint32_t hpack_encoder_table = 4096;

  // --- control frames ----------------------------------------------------------------------------------------------
  std::uint32_t max_settings_per_frame = 32;
  Duration settings_ack_timeout = std::chrono::seconds(10);
  // Control frames that wait to be written before reading stops.
  std::uint32_t max_queued_control_frames = 128;
  // Control bytes received may exceed `control_ratio` times the bytes of HEADERS and DATA by this much.
  std::uint32_t control_ratio = 8;
  std::size_t control_allowance = 1024 * 1024;
  // DATA frames without payload and without END_STREAM, on one connection.
  std::uint32_t max_empty_data_frames = 100;
  // Pings that a client may send too early before it is told "too_many_pings" (gRFC A8), and what is too early with
  // and without a stream open.
  std::uint32_t max_ping_strikes = 2;
  Duration min_ping_interval = std::chrono::minutes(5);
  Duration min_ping_interval_idle = std::chrono::hours(2);

  // --- messages and memory -----------------------------------------------------------------------------------------
  std::size_t max_receive_message = 4 * 1024 * 1024;
  std::size_t max_send_message = SIZE_MAX;
  // What a peer may send before it is given more: on one stream and in all. Where streams are large, both grow by the
  // bandwidth-delay product that is measured, up to the larger values; equal values turn that off. What streams have
  // beyond the initial window they share, so all of them together have no more of it than one alone may have.
  std::uint32_t stream_window = 64 * 1024 - 1;
  std::uint32_t connection_window = 1024 * 1024;
  std::uint32_t max_stream_window = 8 * 1024 * 1024;
  std::uint32_t max_connection_window = 16 * 1024 * 1024;
  // What a connection holds of messages whose bytes are given back to the windows ahead of their reader. Of unfinished
  // messages so many bytes; beyond them the window opens for the oldest one only, until it is whole. Of messages that
  // nobody has read four times as many; beyond them the connection's window stays shut. What the windows let through
  // already comes to it: docs/security.md, "Streams of messages".
  std::size_t connection_budget = 4 * 1024 * 1024;
  // Bytes that wait to be written on one connection, below the windows.
  std::size_t write_buffer = 1024 * 1024;
  // Of those, bytes of one stream before its writer has to wait. Beside them a client keeps as many of its requests
  // until the answer begins, to send them again if the server has not seen the call.
  std::size_t stream_write_buffer = 64 * 1024;

  // Bytes of answers that wait for the client's windows, on one connection. While there are more, on two streams or
  // more, no call of the connection begins: they wait, and whose answer stalls then has only `write_stall_timeout`, so
  // that they do not wait for ever. Servers only.
  std::size_t answer_buffer = 4 * 1024 * 1024;

  // What the process may have, for itself and for what its peers send. When 80 % of it are used, a connection has no
  // more than 100 calls at once; from 90 % on, new calls and new connections are refused and half-arrived requests are
  // ended, all with RESOURCE_EXHAUSTED, and what runs goes on. 0: what the machine, or the process's control group
  // (its container), gives; SIZE_MAX turns it off.
  std::size_t process_memory = 0;

  // --- time --------------------------------------------------------------------------------------------------------
  // From the accepted connection to the peer's preface and SETTINGS.
  Duration handshake_timeout = std::chrono::seconds(10);
  // Output that makes no progress at all.
  Duration write_stall_timeout = std::chrono::seconds(10);
  // A call whose answer waits for the client's flow-control windows and drains at less than `min_stream_rate` bytes a
  // second over this time is cancelled, however many WINDOW_UPDATEs come (data dribble, CVE-2019-9511, and zero windows
  // that pin memory, CVE-2019-9517; Envoy allows 5 min). Looked at every sixth of the time, so it may take a sixth
  // longer. For clients that rest between reads, raise it; a rate of 0 turns it off.
  Duration stalled_stream_timeout = std::chrono::seconds(60);
  std::uint32_t min_stream_rate = 1024;
  // A client that has sent nothing for `keepalive_time` is asked by a PING whether it is still there, and has
  // `keepalive_timeout` to answer; then its connection is closed and its calls end (gRFC A9). A host that has lost its
  // power or its network says nothing. Servers only.
  Duration keepalive_time = std::chrono::hours(2);
  Duration keepalive_timeout = std::chrono::seconds(20);
  // A connection without a call.
  Duration connection_idle_timeout = std::chrono::minutes(30);
  // How old a server's connection may become, give or take a tenth, so that those that began together do not end
  // together; then its client is asked to make another one, for which no call fails (gRFC A9). For load balancers that
  // see connections and not calls. Default: for ever.
  Duration max_connection_age = Duration::max();
  // What its calls have from then on, before they are ended.
  Duration max_connection_age_grace = std::chrono::seconds(30);
  // Connections that a server holds; the next ones are closed at once.
  std::uint32_t max_connections = 16 * 1024;
  // The same from one client: one IPv4 address, or one /64 network of IPv6. Default: no limit of its own, as behind a
  // proxy all clients have one address.
  std::uint32_t max_connections_per_client = UINT32_MAX;
};

}  // namespace rhei::inline v0
