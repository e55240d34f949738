#!/usr/bin/env python3
"""Client, relay and server of docs/moving_from_grpc.md in every mixture: moving_test.py RHEI_FOLDER GRPC_FOLDER."""

import contextlib
import itertools
import os
import subprocess
import sys
import unittest

FOLDERS = dict(zip(("rhei", "grpc"), sys.argv[1:3]))
EXPECTED = "3: whom shall I greet?\nHello Ann\nHello Ann\n"

STREAMS_EXPECTED = "20\n21\n22\nwatched\n10\ncellar\ncellar\ncellar\nasked\n"


def program(kind, role):
    return os.path.join(FOLDERS[kind], f"moving_{kind}_{role}")


@contextlib.contextmanager
def running(kind, role, *arguments):
    """A server, as long as the context lasts; its address."""
    server = subprocess.Popen([program(kind, role), *arguments], stdout=subprocess.PIPE, text=True)
    try:
        yield f"127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


class Moving(unittest.TestCase):
    def test_both_sides_of_the_page_say_the_same_in_every_mixture(self):
        for kinds in itertools.product(FOLDERS, repeat=3):
            server_kind, relay_kind, client_kind = kinds
            with self.subTest(kinds), running(server_kind, "server") as server, running(
                    relay_kind, "relay", server) as relay:
                for target in (server, relay):
                    client = subprocess.run([program(client_kind, "client"), target], capture_output=True, text=True,
                                            timeout=60)
                    self.assertEqual((client.returncode, client.stdout), (0, EXPECTED), client.stderr)

    def test_so_do_their_streams(self):
        for server_kind, client_kind in itertools.product(FOLDERS, repeat=2):
            with self.subTest((server_kind, client_kind)), running(server_kind, "streams_server") as server:
                client = subprocess.run([program(client_kind, "streams_client"), server], capture_output=True,
                                        text=True, timeout=60)
                self.assertEqual((client.returncode, client.stdout), (0, STREAMS_EXPECTED), client.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
