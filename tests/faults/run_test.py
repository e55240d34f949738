#!/usr/bin/env python3
"""Tests of the scenarios' runner, and of how it judges."""

import contextlib
import io
import pathlib
import unittest

import run
from judging import Report, require_times
from processes import Call, CannotRun, percentile, statuses
from scenarios import Scenario

PROGRAMS = pathlib.Path("programs")


def run_all(*scenarios):
    """The exit code and what was printed."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        code = run.run(scenarios, PROGRAMS)
    return code, output.getvalue()


class Judging(unittest.TestCase):
    def test_statuses_are_counted(self):
        calls = [Call(0, 1, status) for status in ("OK", "UNAVAILABLE", "OK")]
        self.assertEqual("OK 2, UNAVAILABLE 1", statuses(calls))
        self.assertEqual("no calls", statuses([]))

    def test_a_percentile_is_one_of_the_values(self):
        self.assertEqual(99, percentile(range(100), 0.99))
        self.assertEqual(7, percentile([7], 0.99))
        self.assertEqual(0, percentile([], 0.99))

    def test_no_calls_are_not_all_ok(self):
        report = Report()
        report.require_all_ok([])
        self.assertEqual(1, len(report.broken))

    def test_others_may_wait_twice_as_long_and_two_milliseconds(self):
        before = [Call(i / 100, 0.001, "OK") for i in range(100)]
        for took, broken in ((0.0039, 0), (0.0041, 1)):
            report = Report()
            require_times(report, [*before, Call(1.5, took, "OK")], 1, 2)
            self.assertEqual(broken, len(report.broken), took)

    def test_an_error_breaks_the_promise_whenever_it_comes(self):
        report = Report()
        require_times(report, [Call(0, 0.001, "OK"), Call(1.5, 0.001, "OK"), Call(9, 0.001, "UNAVAILABLE")], 1, 2)
        self.assertEqual(["all calls succeed: OK 2, UNAVAILABLE 1"], report.broken)


class Running(unittest.TestCase):
    def test_what_keeps_its_promises_is_measured_once(self):
        times = []

        def scenario(programs, report):
            times.append(programs)
            report.figure("42 of them")

        code, output = run_all(Scenario("S0 good", scenario))
        self.assertEqual(0, code)
        self.assertEqual([PROGRAMS], times)
        self.assertIn("S0 good (0 s)\n    42 of them\n", output)
        self.assertIn("faults: 1 scenarios, 0 promises broken, 0 not run here", output)

    def test_what_is_broken_by_chance_is_measured_again(self):
        times = []

        def scenario(programs, report):
            times.append(programs)
            report.require(len(times) == 3, "third time lucky")

        code, output = run_all(Scenario("S0 shaky", scenario))
        self.assertEqual(0, code)
        self.assertNotIn("BROKEN", output)

    def test_what_stays_broken_fails(self):
        code, output = run_all(Scenario("S0 bad", lambda programs, report: report.require(False, "it lives")))
        self.assertEqual(1, code)
        self.assertIn("    BROKEN: it lives\n", output)
        self.assertIn("broken: S0 bad: it lives\n", output)

    def test_what_cannot_be_measured_fails(self):
        def scenario(programs, report):
            raise FileNotFoundError("no server")

        code, output = run_all(Scenario("S0 broken", scenario))
        self.assertEqual(1, code)
        self.assertIn("BROKEN: it can be measured: no server", output)

    def test_what_a_machine_cannot_do_is_said(self):
        def scenario(programs, report):
            raise CannotRun("needs two heads")

        code, output = run_all(Scenario("S0 odd", scenario))
        self.assertEqual(0, code)
        self.assertIn("S0 odd\n    NOT RUN: needs two heads\n", output)
        self.assertIn("1 not run here", output)

    def test_nothing_at_all_fails(self):
        self.assertEqual(1, run_all()[0])


if __name__ == "__main__":
    unittest.main()
