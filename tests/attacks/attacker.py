"""The attacker: one connection that floods with bytes made beforehand, and notes how the server ends it."""

import collections
import contextlib
import select
import socket
import struct
import time

import frames

STILL_OPEN = "still open"
STALLED = "still open, no longer read by the server"
CLOSED = "closed without GOAWAY"
SMALL_BUFFER = 4096
PIECE = 64 * 1024


def wait_for(connection, to_read, to_write, seconds):
    """Whether the socket can be read and whether it can be written; select would not take more than 1024 sockets."""
    poll = select.poll()
    poll.register(connection, (select.POLLIN if to_read else 0) | (select.POLLOUT if to_write else 0))
    events = dict(poll.poll(max(0, seconds) * 1000)).get(connection.fileno(), 0)
    gone = events & (select.POLLHUP | select.POLLERR)
    return to_read and bool(events & select.POLLIN or gone), to_write and bool(events & select.POLLOUT or gone)


class Attacker:
    """Sends the preface, and acknowledges the server's settings unless told otherwise."""

    def __init__(self, port, acknowledges=True, settings=(), reads=True, preface=True):
        self.socket = socket.socket()
        if not reads:
            # Set before connecting: loopback's usual buffers would swallow megabytes of answers.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.reads = reads
        self.reader = frames.FrameReader()
        self.seen = collections.Counter()  # frames received, by type
        self.ended_streams = 0
        self.resets = collections.Counter()  # RST_STREAM received, by code
        self.statuses = frames.StatusReader()
        self.outcomes = {}  # by stream: ("grpc", 12), ("http", 415), or ("reset", code), for those who ask for it
        self.notes_outcomes = False
        self.payload = collections.defaultdict(bytes)
        self.goaway = None  # the code and the debug text of the last one
        self.over = False
        self.sent = 0
        self.unsent = bytearray()
        if preface:
            self.send(frames.CLIENT_PREFACE + frames.settings(*settings))
            self.await_settings()
            if acknowledges:
                self.send(frames.frame(frames.SETTINGS, frames.ACK, 0))

    def await_settings(self):
        deadline = time.monotonic() + 5
        while not self.seen[frames.SETTINGS] and not self.over and time.monotonic() < deadline:
            wait_for(self.socket, True, False, 0.1)
            self.receive()

    def send(self, some):
        self.unsent += some
        self.push()

    def push(self):
        """Gives the system what it takes now."""
        while self.unsent and not self.over:
            try:
                count = self.socket.send(memoryview(self.unsent)[:PIECE])
            except BlockingIOError:
                return
            except OSError:
                self.read_the_rest()
                return
            self.sent += count
            del self.unsent[:count]

    def receive(self):
        try:
            received = self.socket.recv(1 << 20)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        self.over = self.over or not received
        for frame in self.reader.feed(received):
            self.note(frame)

    def note(self, frame):
        self.seen[frame.type] += 1
        if frame.type in (frames.DATA, frames.HEADERS) and frame.flags & frames.END_STREAM:
            self.ended_streams += 1
        if frame.type == frames.RST_STREAM:
            self.resets[struct.unpack(">I", frame.payload)[0]] += 1
        if self.notes_outcomes:
            self.note_outcome(frame)
        if frame.type == frames.GOAWAY:
            code = struct.unpack(">I", frame.payload[4:8])[0]
            self.goaway = (frames.code_name(code), frame.payload[8:].decode("utf-8", "replace"))

    def note_outcome(self, frame):
        if frame.type == frames.HEADERS:
            with contextlib.suppress(IndexError):
                found = self.statuses.read(frame.payload)
                for kind in ("http", "grpc"):
                    if kind in found:
                        self.outcomes[frame.stream] = (kind, found[kind])
        if frame.type == frames.DATA:
            self.payload[frame.stream] += frame.payload
        if frame.type == frames.RST_STREAM and frame.stream not in self.outcomes:
            self.outcomes[frame.stream] = ("reset", frames.code_name(struct.unpack(">I", frame.payload)[0]))

    def read_the_rest(self):
        """The server has closed: what it sent before may still be there to read."""
        while not self.over:
            self.receive()
            if not self.over and not wait_for(self.socket, True, False, 0.2)[0]:
                self.over = True

    def flood(self, pieces, seconds=5.0, done=None):
        """Sends the pieces, reading along; ends when they are sent and done() is true, or with the time."""
        pieces = iter(pieces)
        deadline = time.monotonic() + seconds
        more = True
        while not self.over and time.monotonic() < deadline:
            while more and len(self.unsent) < PIECE:
                piece = next(pieces, None)
                more = piece is not None
                self.unsent += piece or b""
            if not more and not self.unsent and (done is None or done()):
                return
            self.wait(min(0.05, deadline - time.monotonic()))
            if self.goaway and self.reads:
                return

    def wait(self, seconds):
        readable, writable = wait_for(self.socket, self.reads, bool(self.unsent), seconds)
        if readable:
            self.receive()
        if writable:
            self.push()

    def settle(self, seconds=0.3):
        """Sends nothing more, and reads until the server ends the connection or the time is over."""
        if not self.reads:
            # With the small buffer what waits would come in drops.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)
            self.reads = True
            seconds += 5
        deadline = time.monotonic() + seconds
        while not self.over and not self.goaway and time.monotonic() < deadline:
            if wait_for(self.socket, True, False, deadline - time.monotonic())[0]:
                self.receive()

    def refused(self):
        """How many streams were reset without an answer: RST_STREAM(NO_ERROR) only follows one."""
        return self.resets.total() - self.resets[0]

    def ending(self):
        if self.goaway:
            return "GOAWAY {} \"{}\"".format(*self.goaway)
        if self.over:
            return CLOSED
        return STALLED if self.unsent else STILL_OPEN

    def close(self):
        self.socket.close()
