#!/usr/bin/env python3
"""Runs the server and the client of helloworld: hello_test.py SERVER CLIENT."""

import os
import subprocess
import sys
import tempfile
import unittest

SERVER, CLIENT = sys.argv[1:3]


class HelloWorld(unittest.TestCase):
    def test_the_client_prints_the_greeting(self):
        with tempfile.TemporaryDirectory() as directory:
            address = "unix:" + os.path.join(directory, "hello.sock")
            server = subprocess.Popen([SERVER, address], stderr=subprocess.PIPE, text=True)
            try:
                greeting = self.ask_until_the_server_is_there(server, address)
            finally:
                server.terminate()
                errors = server.communicate(timeout=60)[1]
            self.assertEqual(greeting, "Hello, world!\n")
            self.assertEqual((server.returncode, errors), (0, ""))

    def ask_until_the_server_is_there(self, server, address):
        while True:
            client = subprocess.run([CLIENT, address], stdout=subprocess.PIPE, text=True, timeout=60)
            if client.returncode == 0:
                return client.stdout
            self.assertIn("UNAVAILABLE", client.stdout)
            try:
                server.wait(timeout=0.02)
            except subprocess.TimeoutExpired:
                continue
            self.fail(f"the server has ended: {server.stderr.read()}")

    def test_without_a_server_the_client_says_what_it_could_not_reach(self):
        with tempfile.TemporaryDirectory() as directory:
            address = "unix:" + os.path.join(directory, "nobody.sock")
            client = subprocess.run([CLIENT, address], stdout=subprocess.PIPE, text=True, timeout=60)
            self.assertEqual(client.returncode, 1)
            self.assertIn("UNAVAILABLE", client.stdout)
            self.assertIn("nobody.sock", client.stdout)

    def test_a_server_that_cannot_listen_says_where_and_why(self):
        server = subprocess.run([SERVER, "unix:/nowhere/at/all.sock"], stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(server.returncode, 1)
        self.assertIn("/nowhere/at/all.sock", server.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
