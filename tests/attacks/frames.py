"""HTTP/2 frames and HPACK header blocks, made by hand, and a reader of the frames that come back."""

import dataclasses
import struct

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM = ACK = 0x1
END_HEADERS = 0x4
HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE, MAX_HEADER_LIST_SIZE = 1, 4, 6
CANCEL = 8
LARGEST_WINDOW = 2**31 - 1
CLIENT_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
CODES = ("NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
         "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
         "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED")


@dataclasses.dataclass
class Frame:
    type: int
    flags: int
    stream: int
    payload: bytes


def frame(frame_type, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", frame_type, flags, stream) + payload


def headers(stream, block, end_stream=False, end_headers=True):
    flags = (END_STREAM if end_stream else 0) | (END_HEADERS if end_headers else 0)
    return frame(HEADERS, flags, stream, block)


def continuation(stream, block, end_headers=False):
    return frame(CONTINUATION, END_HEADERS if end_headers else 0, stream, block)


def data(stream, payload, end_stream=False):
    return frame(DATA, END_STREAM if end_stream else 0, stream, payload)


def rst_stream(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def settings(*pairs):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *pair) for pair in pairs))


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))


def ping(payload=b"attacker"):
    return frame(PING, 0, 0, payload)


def priority(stream, depends_on=0):
    return frame(PRIORITY, 0, stream, struct.pack(">IB", depends_on, 16))


def code_name(code):
    return CODES[code] if code < len(CODES) else f"code {code}"


def integer(value, prefix_bits, pattern=0):
    """An integer of HPACK, RFC 7541 section 5.1."""
    limit = (1 << prefix_bits) - 1
    if value < limit:
        return bytes([pattern | value])
    encoded = bytearray([pattern | limit])
    value -= limit
    while value >= 128:
        encoded.append(value % 128 + 128)
        value //= 128
    encoded.append(value)
    return bytes(encoded)


def string(text):
    return integer(len(text), 7) + text


def field(name, value, indexed=False):
    """A literal field with a literal name; it joins the dynamic table if indexed."""
    return (b"\x40" if indexed else b"\x00") + string(name) + string(value)


def request_block(path=b"/attack.Victim/Echo", *more):
    """The headers of a unary call of gRPC, and further encoded fields behind them. Uses no dynamic table."""
    return b"".join((b"\x83\x86", b"\x04", string(path), b"\x01", string(b"127.0.0.1"), field(b"te", b"trailers"),
                     b"\x0f\x10", string(b"application/grpc"), *more))


def message(payload):
    """A message of gRPC: its flag and length before it."""
    return b"\x00" + struct.pack(">I", len(payload)) + payload


# HPACK's static table, as far as statuses are concerned, and "grpc-status" in its Huffman code.
STATIC_STATUSES = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}
STATIC_ENTRIES = 61
CODED_GRPC_STATUS = bytes.fromhex("9acac8b21234da8f")


def coded_number(coded):
    """The number that Huffman-coded digits stand for; None if they are none. '0' to '2' have five bits, others six."""
    bits = "".join(f"{byte:08b}" for byte in coded)
    digits = ""
    while len(bits) >= 5 and set(bits) != {"1"}:
        size = 5 if bits[:5] in ("00000", "00001", "00010") else 6
        value = int(bits[:size], 2)
        digit = value if size == 5 else value - 0b011001 + 3
        if len(bits) < size or not 0 <= digit <= 9:
            return None
        digits += str(digit)
        bits = bits[size:]
    return int(digits) if digits else None


class StatusReader:
    """Finds the statuses in the header blocks of one connection, without Huffman's whole table.

    Entries that are evicted are kept: it is for the few answers that an attack looks at.
    """

    def __init__(self):
        self.entries = []  # the newest first

    def read(self, block):
        """What the block says of ("http", number) and ("grpc", number), as a dictionary."""
        self.block, self.at = block, 0
        statuses = {}
        while self.at < len(block):
            first = block[self.at]
            if first & 0xe0 == 0x20:
                self.integer(5)
                continue
            if first & 0x80:
                found = self.entry(self.integer(7))
            else:
                indexed = first & 0x40
                index = self.integer(6 if indexed else 4)
                name = self.entry(index)[0] if index else self.name()
                found = (name, self.number())
                if indexed:
                    self.entries.insert(0, found)
            if found[0] and found[1] is not None:
                statuses[found[0]] = found[1]
        return statuses

    def integer(self, prefix_bits):
        limit = (1 << prefix_bits) - 1
        value = self.block[self.at] & limit
        self.at += 1
        shift = 0
        while value >= limit:
            byte = self.block[self.at]
            self.at += 1
            value += (byte & 0x7f) << shift
            shift += 7
            if not byte & 0x80:
                break
        return value

    def entry(self, index):
        if index <= STATIC_ENTRIES:
            return ("http", STATIC_STATUSES.get(index)) if 8 <= index <= 14 else (None, None)
        return self.entries[index - STATIC_ENTRIES - 1]

    def text(self):
        coded = self.block[self.at] & 0x80
        size = self.integer(7)
        self.at += size
        return coded, self.block[self.at - size:self.at]

    def name(self):
        coded, text = self.text()
        return "grpc" if text == (CODED_GRPC_STATUS if coded else b"grpc-status") else None

    def number(self):
        coded, text = self.text()
        return coded_number(text) if coded else int(text) if text.isdigit() else None


class FrameReader:
    """Takes bytes as they come, gives whole frames."""

    def __init__(self):
        self.buffer = bytearray()

    def feed(self, received):
        """The frames that are whole now, as a list."""
        self.buffer += received
        whole = []
        begin = 0
        while len(self.buffer) - begin >= 9:
            length = int.from_bytes(self.buffer[begin:begin + 3], "big")
            end = begin + 9 + length
            if len(self.buffer) < end:
                break
            frame_type, flags, stream = struct.unpack(">BBI", self.buffer[begin + 3:begin + 9])
            whole.append(Frame(frame_type, flags, stream & LARGEST_WINDOW, bytes(self.buffer[begin + 9:end])))
            begin = end
        del self.buffer[:begin]
        return whole
