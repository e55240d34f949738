"""The table of the attacks: what each may make a rhei server do, and what its attacker must see."""

import dataclasses
from typing import Callable

import attacks
import frames
from attacker import CLOSED, STILL_OPEN
from attacks import MIB

# The most that one connection may make the server hold: docs/security.md.
CEILING = 4 * MIB
MESSAGES_CEILING = 8 * MIB
CALM = 'GOAWAY ENHANCE_YOUR_CALM "{}"'
RAPID_RESET = CALM.format("rapid_reset")
CONTROL_FLOOD = CALM.format("control_flood")
PROTOCOL_ERROR = 'GOAWAY PROTOCOL_ERROR "'
STREAM_CLOSED = 'GOAWAY STREAM_CLOSED "'
FLOW_CONTROL_ERROR = 'GOAWAY FLOW_CONTROL_ERROR "'
COMPRESSION_ERROR = 'GOAWAY COMPRESSION_ERROR "'
LIST_TOO_LARGE = (CALM.format("header_list_too_large"), CALM.format("continuation_flood"))
TOO_MANY_PINGS = CALM.format("too_many_pings")
# Who does not read cannot be told why: its connection is closed, unless it earned a GOAWAY before it was stalled.
STALL = (CLOSED, CALM.format("write_stall"), CONTROL_FLOOD, TOO_MANY_PINGS)
# What a reset budget lets through, beside the handlers that run.
STARTS = 1024 + 200 + 100


def all_of(count):
    return (f"{STILL_OPEN}, {count} of {count} as they should be",)


UNKNOWN_FRAME = frames.frame(0xfa, 0, 0, b"unknown")


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    attack: Callable
    # The endings that keep the promise, as beginnings of what the attack returns.
    expected: tuple
    ceiling: int = CEILING
    quick: bool = False
    # About how many seconds it waits for timers. Rows that wait run at once, the longest first.
    waits: int = 0
    # Also with an attacker that never acknowledges the server's settings.
    unacknowledged: bool = True
    # A defect that is known: what breaks is shown, and fails nothing.
    known: str = ""
    # How much memory may be left when the attacker has gone.
    left: int = MIB
    # How many file descriptors the server may have.
    descriptors: int | None = None
    # What the server must have counted, by the name of rhei::Abuse; where there is a GOAWAY, that follows from it.
    counted: str = ""
    # How many handlers of Slow may have been started in all.
    starts: int | None = None
    # It does nothing but work that any client may ask for, so what it costs is shown and not judged.
    honest_work: bool = False


# Of a thousand connections: asio keeps what it has of a descriptor for the next one, and the heap the page it lies in.
THOUSAND_LEFT = 6 * MIB
# The heap of a thread keeps its last megabyte.
THREAD_LEFT = 2 * MIB

ROWS = (
    Row("A1 rapid reset, whole requests", attacks.reset_of_whole_requests, (RAPID_RESET,), MIB, quick=True,
        starts=STARTS),
    # These have no message and are refused on the spot, so that the reset comes for a call that is over.
    Row("A1a rapid reset, requests without a message", attacks.reset_of_headers, (STILL_OPEN, RAPID_RESET)),
    Row("A1b rapid reset, open requests", attacks.reset_of_open_requests, (RAPID_RESET,), MIB, quick=True),
    Row("A2 made to reset: window +0", attacks.made_to_reset(lambda i: frames.window_update(i, 0)),
        (PROTOCOL_ERROR, RAPID_RESET), quick=True),
    Row("A2 made to reset: window overflow",
        attacks.made_to_reset(lambda i: frames.window_update(i, frames.LARGEST_WINDOW)),
        (RAPID_RESET, FLOW_CONTROL_ERROR)),
    Row("A2 made to reset: HEADERS after end", attacks.made_to_reset(lambda i: frames.headers(i, attacks.ECHO)),
        (STREAM_CLOSED, PROTOCOL_ERROR)),
    Row("A2 made to reset: DATA after end", attacks.made_to_reset(lambda i: frames.data(i, b"x")), (STREAM_CLOSED,)),
    Row("A2 made to reset: PRIORITY of 6 bytes",
        attacks.made_to_reset(lambda i: frames.frame(frames.PRIORITY, 0, i, bytes(6))), ('GOAWAY FRAME_SIZE_ERROR "',)),
    Row("A2 made to reset: PRIORITY on itself", attacks.made_to_reset(lambda i: frames.priority(i, i)),
        (PROTOCOL_ERROR, RAPID_RESET)),
    Row("A3 tiny header list allowed to answers", attacks.answers_larger_than_the_client_takes,
        (f"{STILL_OPEN}, 2000 of 2000 answered",), unacknowledged=False),
    Row("A4 5 x the streams, no SETTINGS ACK", attacks.more_streams_than_allowed,
        ("GOAWAY SETTINGS_TIMEOUT",), waits=10, unacknowledged=False),
    Row("A5 20,000 pipelined requests", attacks.pipelined_requests(20_000), (f"{STILL_OPEN}, 20000 of 20000 answered",),
        quick=True, unacknowledged=False, honest_work=True),
    Row("A5 100,000 pipelined requests", attacks.pipelined_requests(100_000),
        (f"{STILL_OPEN}, 100000 of 100000 answered",), unacknowledged=False, honest_work=True),
    Row("B1 endless header block", attacks.endless_header_block, (CALM.format("continuation_flood"), COMPRESSION_ERROR),
        quick=True),
    Row("B2 empty CONTINUATION", attacks.empty_continuations, (CALM.format("continuation_flood"),), quick=True),
    Row("B2t header block without an end", attacks.unfinished_header_block,
        (CALM.format("header_block_timeout"),), MIB, waits=5),
    Row("B2t 1,000 header blocks without an end", attacks.connections_inside_of_headers, ("1000 of 1000 told",),
        ceiling=1_000 * 24 * 1024, left=THOUSAND_LEFT, waits=6, unacknowledged=False, counted="header_block_timeout"),
    Row("B3a HPACK bomb, 16,000 x 'a:'", attacks.header_bomb(frames.field(b"a", b"", True), 16_000),
        LIST_TOO_LARGE, quick=True),
    Row("B3b HPACK bomb, 4,000 x 4 KB", attacks.header_bomb(frames.field(b"x", b"y" * 4_000, True), 4_000),
        LIST_TOO_LARGE),
    Row("B3c HPACK bomb, 32,768 cookies", attacks.header_bomb(frames.field(b"cookie", b"y" * 4_058, True), 32_768),
        LIST_TOO_LARGE, quick=True),
    Row("B4 HPACK bomb, 4,000 x host", attacks.header_bomb(frames.field(b"host", b"h" * 4_000, True), 4_000),
        LIST_TOO_LARGE),
    Row("B5 fields without names", attacks.block_of(b"\x00\x00\x00" * 1_000),
        (PROTOCOL_ERROR, COMPRESSION_ERROR, f"{STILL_OPEN}, RST_STREAM PROTOCOL_ERROR")),
    Row("B6 integer without an end", attacks.block_of(b"\x7f" + b"\x80" * 16_000), (COMPRESSION_ERROR,)),
    Row("B6 string of 4 GiB", attacks.block_of(b"\x00\x7f\xff\xff\xff\xff\x0f" + b"x" * 16_000), (COMPRESSION_ERROR,)),
    Row("B7 field of a refused block", attacks.field_of_a_refused_block, (f"{STILL_OPEN}, the user is alice",),
        quick=True, counted="headers_too_large"),
    Row("B8 encoder table of 4 GiB", attacks.largest_encoder_table, (f"{STILL_OPEN}, 10000 of 10000 answered",),
        ceiling=MIB // 2, unacknowledged=False),
    Row("B header list of 9 kB", attacks.header_list_above_the_soft_limit, (f"{STILL_OPEN}, 2 of 2 answered",),
        counted="headers_too_large"),
    Row("C1 PING flood", attacks.frames_while_reading(frames.ping(), 300_000), (TOO_MANY_PINGS,), quick=True),
    Row("C1 PING flood, not reading", attacks.frames_while_not_reading(frames.ping(), 600_000), STALL, waits=15),
    Row("C1k PING each second", attacks.pings_at_leisure, (TOO_MANY_PINGS,), waits=6),
    Row("C2 SETTINGS flood", attacks.frames_while_reading(frames.settings(), 500_000), (CONTROL_FLOOD,), quick=True),
    Row("C2 SETTINGS flood, not reading", attacks.frames_while_not_reading(frames.settings(), 1_000_000),
        STALL, waits=15),
    Row("C2 SETTINGS of 2,730 entries", attacks.large_settings, (CALM.format("settings_flood"),), quick=True),
    Row("C2 initial window to and fro, 1,000 streams", attacks.toggled_windows, (STILL_OPEN, CONTROL_FLOOD)),
    Row("C3 malformed requests, not reading", attacks.malformed_requests, (RAPID_RESET, CLOSED)),
    Row("C4 PRIORITY flood", attacks.frames_while_reading(frames.priority(1), 500_000), (CONTROL_FLOOD,), quick=True),
    Row("C4 PRIORITY flood between calls", attacks.churn_between_priorities, (CONTROL_FLOOD,)),
    Row("C5 WINDOW_UPDATE flood", attacks.frames_while_reading(frames.window_update(0, 1), 500_000), (CONTROL_FLOOD,)),
    Row("C5 WINDOW_UPDATE flood on a stream", attacks.window_updates_of_a_stream, (CONTROL_FLOOD,)),
    Row("C6 unknown frames", attacks.frames_while_reading(UNKNOWN_FRAME, 500_000), (CONTROL_FLOOD,)),
    Row("D1 windows opened byte by byte", attacks.one_byte_windows, (STILL_OPEN,), unacknowledged=False),
    Row("D1 downloads, windows of one byte", attacks.dribbled_downloads, (f"{STILL_OPEN}, held back",),
        ceiling=MESSAGES_CEILING, left=THREAD_LEFT, unacknowledged=False, honest_work=True),
    Row("D1 answers never taken", attacks.answers_never_taken, (f"{STILL_OPEN}, 10 of 10 calls reset",), waits=70,
        unacknowledged=False, counted="stalled_stream"),
    Row("D1 large answers never taken", attacks.large_answers_never_taken, (STILL_OPEN,), ceiling=6 * MIB,
        left=THREAD_LEFT, unacknowledged=False, counted="calls_held"),
    Row("D2 answers never read", attacks.answers_never_read, STALL, ceiling=MESSAGES_CEILING, left=THREAD_LEFT,
        waits=15, unacknowledged=False, counted="reading_paused"),
    Row("D2 downloads never read", attacks.downloads_never_read, STALL, ceiling=2 * MIB,
        left=THREAD_LEFT, waits=15, unacknowledged=False, counted="write_stall"),
    Row("D3 empty DATA", attacks.empty_data, (CALM.format("empty_frames_flood"),), quick=True),
    Row("D4 DATA of one byte", attacks.data_of_one_byte, (STILL_OPEN,), quick=True, honest_work=True),
    Row("D4 DATA of one byte, never read", attacks.unread_data_of_one_byte, (STILL_OPEN,), 2 * MIB, left=THREAD_LEFT,
        honest_work=True),
    Row("D5 preface byte by byte", attacks.trickle(frames.CLIENT_PREFACE, 20),
        ('GOAWAY SETTINGS_TIMEOUT "handshake_timeout"',), waits=10, unacknowledged=False),
    Row("D5 HEADERS byte by byte", attacks.trickle(frames.headers(1, attacks.ECHO), 20),
        (CALM.format("header_block_timeout"),), waits=5, unacknowledged=False),
    Row("D5 message byte by byte", attacks.message_byte_by_byte, (f"{STILL_OPEN}, grpc 1",), waits=75,
        unacknowledged=False, counted="slow_request"),
    Row("D5 1,000 prefaces byte by byte", attacks.prefaces_byte_by_byte, ("1000 of 1000 told",),
        ceiling=1_000 * 24 * 1024, left=THOUSAND_LEFT, waits=11, unacknowledged=False, counted="handshake_timeout"),
    Row("D5 1,000 messages byte by byte", attacks.messages_byte_by_byte, ("1000 of 1000 calls ended with CANCELLED",),
        ceiling=1_000 * 24 * 1024, left=THOUSAND_LEFT, waits=76, unacknowledged=False, counted="slow_request"),
    Row("D7 DATA beyond the window", attacks.data_beyond_the_window, (FLOW_CONTROL_ERROR,), quick=True),
    # The contract: four times the budget, and the window that is open by then. Streams and blocks are beside that.
    Row("D7 DATA beyond the connection's window", attacks.data_beyond_the_connections_window, (FLOW_CONTROL_ERROR,),
        ceiling=22 * MIB, counted="window_withheld"),
    Row("D7 window overflow", attacks.window_overflow, (FLOW_CONTROL_ERROR,)),
    Row("E1 message of 4 GiB", attacks.message_of_four_gigabytes, (f"{STILL_OPEN}, 2 of 2 answered",), quick=True,
        counted="message_too_large"),
    Row("E1 message of 64 MiB", attacks.message_of_64_megabytes, (STILL_OPEN, FLOW_CONTROL_ERROR)),
    Row("E2 compressed messages", attacks.COMPRESSED, all_of(7), MIB, quick=True),
    Row("E4 metadata that is wrong", attacks.METADATA, all_of(13), quick=True, counted="malformed_request"),
    Row("F1 paths that are not canonical", attacks.PATHS, all_of(18), quick=True),
    Row("F2 hosts, connections, lengths", attacks.IDENTITIES, all_of(12), quick=True, counted="malformed_request"),
    Row("F3 HTTP/1 that asks for HTTP/2", attacks.upgrade_by_http1(
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: \r\n\r\n"), (PROTOCOL_ERROR,), unacknowledged=False),
    Row("F3 HTTP/1 of two lengths", attacks.upgrade_by_http1(
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        (PROTOCOL_ERROR,), unacknowledged=False),
    Row("G1 200 connections, 64 descriptors", attacks.more_connections_than_descriptors, ("recovered",), descriptors=64,
        unacknowledged=False, counted="no_descriptor"),
    Row("G2 1,000 silent connections", attacks.silent_connections, ("1000 of 1000 closed",),
        ceiling=1_000 * 24 * 1024, left=THOUSAND_LEFT, waits=10, unacknowledged=False),
    Row("G2 1,000 idle connections", attacks.idle_connections, ("1000 of 1000 open",), ceiling=1_000 * 12 * 1024,
        left=THOUSAND_LEFT, unacknowledged=False),
    Row("G3 frames after the end", attacks.frames_after_the_end, (PROTOCOL_ERROR,)),
    Row("G3 GOAWAY, then a broken frame of each type", attacks.broken_frame_of_each_type, ("10 of 10 ended",)),
)
