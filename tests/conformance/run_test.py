#!/usr/bin/env python3
"""Tests of run.py, with scripts in the place of testers and servers."""

import contextlib
import io
import pathlib
import tempfile
import unittest

import run

ALL_PASSED = "147 tests, 147 passed, 0 skipped, 0 failed"
SERVER = "bash -c 'trap \"exit {code}\" TERM; echo listening on 7; while :; do read -t 1 <> <(:); done'"


class Judge(unittest.TestCase):
    def test_only_all_of_the_expected_cases_will_do(self):
        self.assertEqual((ALL_PASSED, True), run.judge(f"Finished\n{ALL_PASSED}\n", 147))
        self.assertFalse(run.judge("147 tests, 146 passed, 0 skipped, 1 failed\n", 147)[1])
        self.assertFalse(run.judge("147 tests, 146 passed, 1 skipped, 0 failed\n", 147)[1])
        self.assertFalse(run.judge("146 tests, 146 passed, 0 skipped, 0 failed\n", 147)[1])
        self.assertFalse(run.judge("Error: connection refused\n", 147)[1])


class Suite(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write_tester(self, says):
        script = self.folder / "h2spec"
        script.write_text(f"#!/bin/sh\nprintf '%s\\n' '{says}'\n")
        script.chmod(0o755)

    def judge_server(self, server):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            good = run.server_suite(self.folder, server, None, self.folder / "logs")
        return good, output.getvalue()

    def test_the_summary_is_the_last_line(self):
        self.write_tester(ALL_PASSED)
        self.assertEqual((True, ALL_PASSED + "\n"), self.judge_server(SERVER.format(code=0)))

    def test_failures_are_shown_and_fail_the_run(self):
        self.write_tester("Failures: one\n147 tests, 146 passed, 0 skipped, 1 failed")
        good, output = self.judge_server(SERVER.format(code=0))
        self.assertFalse(good)
        self.assertIn("Failures: one", output)
        self.assertTrue(output.endswith("1 failed\n"))

    def test_a_server_that_stops_badly_fails_the_run(self):
        self.write_tester(ALL_PASSED)
        good, output = self.judge_server(SERVER.format(code=3))
        self.assertFalse(good)
        self.assertIn("exit code 3", output)

    def test_a_server_that_does_not_say_its_port_is_refused(self):
        with self.assertRaises(SystemExit) as refused:
            self.judge_server("echo hello")
        self.assertIn("listening on PORT", str(refused.exception))

    def test_adjacent_free_ports_are_found(self):
        first = run.free_ports(57)
        self.assertTrue(20000 <= first <= 32000 - 57)


if __name__ == "__main__":
    unittest.main()
