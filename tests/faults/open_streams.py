#!/usr/bin/env python3
"""A client that opens connections and streams, and then does nothing until it is killed.

Prints "opened" when all is sent. Usage: open_streams.py PORT CONNECTIONS STREAMS_EACH
"""

import sys
import threading

from processes import HERE  # noqa: F401: makes the modules of tests/attacks known

import attacks
import frames
from attacker import Attacker


def main(port, connections, streams):
    opened = [Attacker(port) for _ in range(connections)]
    block = b"".join(frames.headers(i, attacks.HOLD) for i in attacks.odd(streams))
    for connection in opened:
        connection.flood([block])
    print("opened", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
