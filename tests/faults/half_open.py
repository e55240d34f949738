#!/usr/bin/env python3
"""Connects to a server in a network of its own, and has the network lose everything; prints what became of it.

Runs inside of a new network namespace. Exit code 0: the server has found out all connections in time. 77: the network
cannot be changed here. Usage: half_open.py IP_PROGRAM SERVER_COMMAND COUNT
"""

import contextlib
import subprocess
import sys

from processes import descriptors

import frames
from attacker import Attacker
from crowds import idle_connections
from judging import wait_until
from servers import Server

CANNOT_RUN = 77
# A second for each of the two times of its keepalive, one in which it still may write, and some.
MOST_SECONDS = 4


def main(ip, command, count):
    def network(state):
        return subprocess.run([ip, "link", "set", "lo", state], check=False).returncode == 0

    if not network("up"):
        return CANNOT_RUN
    with contextlib.ExitStack() as opened:
        server = opened.enter_context(Server(command))
        before = descriptors(server.process.pid)
        idle_connections(opened, server.port, count)
        if wait_until(lambda: descriptors(server.process.pid) == before + count, 10) is None:
            print("not all connections were accepted")
            return 1
        network("down")
        took = wait_until(lambda: descriptors(server.process.pid) == before, MOST_SECONDS)
        left = descriptors(server.process.pid) - before
        network("up")
        serves = bool(opened.enter_context(contextlib.closing(Attacker(server.port))).seen[frames.SETTINGS])
    found = server.abuses.get("keepalive_timeout", 0)
    print(f"{count - left} of {count} closed" + ("" if took is None else f" within {took:.1f} s") +
          f" of the network's end, {found} by keepalive")
    return 0 if took is not None and found == count and serves and server.exit_code == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
