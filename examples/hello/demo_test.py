#!/usr/bin/env python3
"""Runs the Hello demo as a user does, and reads what it prints: demo_test.py DEMO BUILD_DIR."""

import re
import subprocess
import sys
import unittest

DEMO, BUILD = sys.argv[1:3]

EXPECTED = r"""
1. Each version of the client asks each version of the server
  v1 server listening on port PORT
  v1 client: Ann: Hello Ann
  v2 client: Ann: OBSOLETE: Hello Ann
  the server was asked to stop, and ended with exit code 0
  v2 server listening on port PORT
  v1 client: Ann: Hello Ann
  v2 client: Ann: Hello Ann after 0 s
  the server was asked to stop, and ended with exit code 0

2. The clients are there before the server
  fail-fast client: Bluey: UNAVAILABLE: CAUSE
  wait-for-ready client: Bingo: asking, and waiting
  v2 server listening on port PORT
  wait-for-ready client: Bingo: Hello Bingo after 0 s
  fail-fast client: Bluey: Hello Bluey after 0 s

3. The server is killed in the middle of a call, and comes back
  server: received from Bluey, waiting 600 s
  the server is dead
  fail-fast client: Bluey: UNAVAILABLE: CAUSE
  fail-fast client: Bluey: UNAVAILABLE: CAUSE
  wait-for-ready client: Bingo: asking, and waiting
  v2 server listening on port PORT
  wait-for-ready client: Bingo: Hello Bingo after 0 s
  fail-fast client: Bluey: Hello Bluey after 0 s

4. The server is asked to stop in the middle of a call
  server: received from Bingo, waiting 1 s
  the server got SIGTERM
  server: returning to Bingo
  wait-for-ready client: Bingo: Hello Bingo after 1 s
  the server ended with exit code 0

All four steps went as they should.
"""


class HelloDemo(unittest.TestCase):
    maxDiff = None

    def test_every_pairing_works_and_clients_outlive_their_server(self):
        run = subprocess.run([sys.executable, DEMO, BUILD], capture_output=True, text=True, timeout=120)
        self.assertEqual((run.returncode, run.stderr), (0, ""), run.stdout + run.stderr)
        said = re.sub(r"port \d+", "port PORT", run.stdout)
        # How often the fail-fast client had to ask depends on how soon its channel tries again.
        said = re.sub(r" \(the call number \d+\)", "", said)
        causes = re.findall(r"UNAVAILABLE: (.*)", said)
        said = re.sub(r"UNAVAILABLE: .*", "UNAVAILABLE: CAUSE", said)
        self.assertEqual(said, EXPECTED)
        before, _, after = causes
        for cause in (before, after):
            self.assertRegex(cause, r"connect to 127\.0\.0\.1:\d+: Connection refused")

    def test_without_the_programs_it_says_what_to_build(self):
        run = subprocess.run([sys.executable, DEMO, "nowhere"], capture_output=True, text=True, timeout=120)
        self.assertEqual(run.returncode, 1)
        self.assertIn("build the target hello_demo_all", run.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
