#!/usr/bin/env python3
"""The honest client: calls the server one call after the other until its stdin ends, then prints a JSON list.

Each element is one call: when it began (seconds of the monotonic clock), how long it took (seconds), and whether the
answer was right. Usage: honest.py PORT CALLS_PER_SECOND
"""

import json
import select
import socket
import sys
import time

import frames

SECONDS_PER_CALL = 5.0
PAYLOAD = frames.message(b"1 KiB of innocence, as it is sent and comes back: ".ljust(1024, b"-"))
BLOCK = frames.request_block()


class HonestClient:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), SECONDS_PER_CALL)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(frames.CLIENT_PREFACE + frames.settings())
        self.reader = frames.FrameReader()
        self.stream = -1
        self.windows = b""

    def call(self):
        """Makes one call. Returns whether its answer was right; raises OSError if there was none."""
        return self.ask(BLOCK, PAYLOAD) == PAYLOAD

    def ask(self, block, request):
        """The answer's message with what is before it; None if the call was reset; raises OSError if there was none."""
        self.stream += 2
        self.socket.sendall(self.windows + frames.headers(self.stream, block) +
                            frames.data(self.stream, request, True))
        self.windows = b""
        answer = b""
        while True:
            received = self.socket.recv(1 << 16)
            if not received:
                raise ConnectionError("the server closed the connection")
            for frame in self.reader.feed(received):
                self.obey(frame)
                if frame.stream != self.stream:
                    continue
                if frame.type == frames.DATA:
                    answer += frame.payload
                if frame.type == frames.RST_STREAM:
                    return None
                if frame.flags & frames.END_STREAM and frame.type in (frames.DATA, frames.HEADERS):
                    return answer

    def obey(self, frame):
        if frame.type == frames.SETTINGS and not frame.flags & frames.ACK:
            self.socket.sendall(frames.frame(frames.SETTINGS, frames.ACK, 0))
        if frame.type == frames.PING and not frame.flags & frames.ACK:
            self.socket.sendall(frames.frame(frames.PING, frames.ACK, 0, frame.payload))
        if frame.type == frames.DATA and frame.payload:
            self.windows += frames.window_update(0, len(frame.payload))


def timed_call(client):
    start = time.monotonic()
    try:
        right = client.call()
    except OSError:
        right = False
    return start, time.monotonic() - start, right


def main(port, calls_per_second):
    client = HonestClient(port)
    calls = [timed_call(client)]
    print("called", flush=True)
    next_start = time.monotonic()
    while True:
        next_start = max(next_start + 1 / calls_per_second, time.monotonic())
        if select.select([sys.stdin], [], [], max(0, next_start - time.monotonic()))[0]:
            break
        calls.append(timed_call(client))
    print(json.dumps(calls))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
