#!/usr/bin/env python3
"""Talks to the program over both of its ports while it runs: own_loop_test.py PROGRAM HELLO_CLIENT."""

import os
import re
import socket
import subprocess
import sys
import unittest

PROGRAM, HELLO_CLIENT = sys.argv[1:3]
GREETING = re.compile(r"Hello, (?P<name>.*), at tick (?P<tick>\d+)\n")


class OwnLoop(unittest.TestCase):
    def setUp(self):
        self.program = subprocess.Popen([PROGRAM], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.program.stdout.close)
        self.addCleanup(self.program.wait)
        self.addCleanup(self.program.kill)
        self.grpc = self.read_port("grpc")
        self.lines = self.read_port("lines")

    def read_port(self, name):
        line = self.program.stdout.readline()
        found = re.fullmatch(rf"{name} on (\d+)\n", line)
        self.assertTrue(found, f"instead of a port it said {line!r}")
        return int(found[1])

    def ask(self, connection, name):
        connection.write(f"{name}\n")
        connection.flush()
        line = connection.readline()
        greeting = GREETING.fullmatch(line)
        self.assertTrue(greeting, line)
        self.assertEqual(greeting["name"], name)
        return int(greeting["tick"])

    def test_server_channel_timer_and_sockets_share_one_thread(self):
        with socket.create_connection(("127.0.0.1", self.lines), timeout=60) as plain:
            connection = plain.makefile("rw", encoding="utf-8")
            first = self.ask(connection, "Ann")
            while self.ask(connection, "Bob") < first + 3:  # until the timer has fired, between the calls
                pass
        from_outside = subprocess.run([HELLO_CLIENT, f"127.0.0.1:{self.grpc}"], capture_output=True, text=True,
                                      timeout=60)
        self.assertRegex(from_outside.stdout, r"Hello, , at tick \d+")
        self.assertEqual(len(os.listdir(f"/proc/{self.program.pid}/task")), 1)

    def test_it_stops_on_sigterm_with_connections_open(self):
        with socket.create_connection(("127.0.0.1", self.lines), timeout=60) as plain:
            self.ask(plain.makefile("rw", encoding="utf-8"), "Ann")
            self.program.terminate()
            rest = self.program.stdout.read()
        self.assertEqual((rest, self.program.wait(timeout=60)), ("stopped: OK\n", 0))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
