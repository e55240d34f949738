#!/usr/bin/env python3
"""Tests of the attackers' tools: the frames, the judging and the table."""

import contextlib
import dataclasses
import io
import unittest

import frames
import rows
import run
import servers

ROW = rows.Row("row", lambda connect: "GOAWAY", ("GOAWAY A", "GOAWAY B"))
GOOD = run.Measured(ending="GOAWAY B, and more", calls=10, memory_growth=run.MIB)


class Frames(unittest.TestCase):
    def test_a_reader_gives_the_frames_that_were_made_however_they_are_cut(self):
        made = frames.headers(1, b"block", True) + frames.data(3, b"x" * 300) + frames.settings()
        expected = [(frames.HEADERS, 5, 1, b"block"), (frames.DATA, 0, 3, b"x" * 300), (frames.SETTINGS, 0, 0, b"")]
        reader = frames.FrameReader()
        seen = [frame for byte in made for frame in reader.feed(bytes([byte]))]
        self.assertEqual(expected, [dataclasses.astuple(frame) for frame in seen])

    def test_a_reader_gives_no_frame_twice_to_those_who_stop_early(self):
        reader = frames.FrameReader()
        for frame in reader.feed(frames.data(1, b"x") + frames.data(3, b"y")):
            self.assertEqual(1, frame.stream)
            break
        self.assertEqual([], reader.feed(b""))

    def test_integers_are_as_in_the_examples_of_rfc_7541(self):
        self.assertEqual(b"\x0a", frames.integer(10, 5))
        self.assertEqual(b"\x1f\x9a\x0a", frames.integer(1337, 5))
        self.assertEqual(b"\x2a", frames.integer(42, 8))

    def test_statuses_are_read_from_plain_and_coded_fields(self):
        reader = frames.StatusReader()
        # ":status: 200", "x: y" and "grpc-status: 0" into the table, a table's size; then by index, and as literals.
        self.assertEqual({"http": 200, "grpc": 0}, reader.read(
            b"\x20\x88" + frames.field(b"x", b"y", True) + b"\x40\x88" + frames.CODED_GRPC_STATUS + b"\x01\x30"))
        self.assertEqual({"grpc": 0}, reader.read(b"\xbe"))
        self.assertEqual({}, reader.read(b"\xbf"))
        self.assertEqual({"grpc": 12}, reader.read(frames.field(b"grpc-status", b"12")))
        self.assertEqual({"http": 415}, reader.read(b"\x08\x03415"))

    def test_coded_numbers_are_those_of_rfc_7541(self):
        self.assertEqual(302, frames.coded_number(bytes.fromhex("6402")))  # C.6.1
        self.assertEqual(307, frames.coded_number(bytes.fromhex("640eff")))  # C.6.2
        self.assertIsNone(frames.coded_number(bytes.fromhex("aec3771a4b")))  # "private"

    def test_codes_have_their_names(self):
        self.assertEqual("ENHANCE_YOUR_CALM", frames.code_name(11))
        self.assertEqual("code 99", frames.code_name(99))


class Judge(unittest.TestCase):
    def broken(self, **changes):
        return list(run.broken_promises(ROW, dataclasses.replace(GOOD, **changes)))

    def test_what_keeps_all_promises_is_not_blamed(self):
        self.assertEqual([], self.broken())

    def test_each_broken_promise_is_named(self):
        self.assertIn("GOAWAY A or GOAWAY B", self.broken(ending="still open")[0])
        self.assertEqual(["1 of 10 honest calls failed"], self.broken(errors=1))
        self.assertEqual(["0 of 0 honest calls failed"], self.broken(calls=0))
        self.assertEqual(["the server was gone"], self.broken(memory_growth=None))
        self.assertEqual(["memory grew by more than 4.0 MiB"], self.broken(memory_growth=5 * run.MIB))
        self.assertEqual(["1025 handlers ran at once, and 1024 may"], self.broken(most_handlers=1025))
        self.assertEqual(["the server ended with exit code -11 after SIGTERM"], self.broken(exit_code=-11))

    def test_an_end_has_to_be_counted_by_its_reason(self):
        calm = {"ending": 'GOAWAY ENHANCE_YOUR_CALM "rapid_reset"'}
        row = dataclasses.replace(ROW, expected=("GOAWAY",))
        judge = lambda row, **changes: list(run.broken_promises(row, dataclasses.replace(GOOD, **changes)))
        self.assertEqual(["the server did not count rapid_reset"], judge(row, abuses={}, **calm))
        self.assertEqual([], judge(row, abuses={"rapid_reset": 1}, **calm))
        self.assertEqual([], judge(row, abuses=None, **calm))
        self.assertEqual([], judge(row, abuses={"protocol_error": 1}, ending='GOAWAY STREAM_CLOSED "DATA"'))
        counted = dataclasses.replace(row, counted="slow_request")
        self.assertEqual(["the server did not count slow_request"], judge(counted, abuses={"rapid_reset": 1}, **calm))

    def test_handlers_that_were_started_are_counted(self):
        row = dataclasses.replace(ROW, starts=100)
        measured = dataclasses.replace(GOOD, started_handlers=101)
        self.assertEqual(["101 handlers were started, and 100 may"], list(run.broken_promises(row, measured)))

    def test_times_are_promised_where_nothing_else_runs(self):
        self.assertEqual([], self.broken(p99_before=0.001, p99_during=0.0039))
        self.assertEqual(["honest calls took 5.0 ms at the 99th percentile, and 4.0 ms they may"],
                         self.broken(p99_before=0.001, p99_during=0.005))
        self.assertEqual(["the attack took 50 % of a core for 2.0 s"], self.broken(cpu_seconds=1.0, seconds=2.0))
        self.assertEqual([], self.broken(cpu_seconds=0.4, seconds=0.8))
        self.assertEqual([], self.broken(cpu_seconds=0.1, seconds=2.0))
        slow = dataclasses.replace(GOOD, p99_during=1.0, cpu_seconds=1.0, seconds=2.0)
        for row in (dataclasses.replace(ROW, waits=5), dataclasses.replace(ROW, honest_work=True)):
            self.assertEqual([], list(run.broken_promises(row, slow)))

    def test_calls_are_of_before_or_of_the_attack(self):
        measured = run.Measured()
        # The first call, which opened the connection, tells nothing; the third one was under way as the attack began.
        calls = [(0, 0.9, True), (1, 0.1, True), (1.9, 0.2, True), (2.5, 0.3, False), (9, 0.1, False)]
        run.judge_calls(measured, calls, 2, 3)
        self.assertEqual((2, 1, 0.1, 0.3), (measured.calls, measured.errors, measured.p99_before, measured.p99_during))

    def test_the_percentile_is_a_value_that_was_measured(self):
        self.assertEqual(0.0, run.percentile_99([]))
        self.assertEqual(7, run.percentile_99([7]))
        self.assertEqual(100, run.percentile_99(range(1, 101)))


class Table(unittest.TestCase):
    def test_only_rhei_is_judged(self):
        report = run.Report()
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            report.add(ROW, [("rhei", GOOD), ("rhei, no ACK", GOOD), ("other", run.Measured(ending="crashed"))])
            self.assertEqual("attacks: 2 on rhei, 0 promises broken, 0 more by known defects", report.summary())
            report.add(ROW, [("rhei", dataclasses.replace(GOOD, errors=3))])
            self.assertEqual("attacks: 3 on rhei, 1 promises broken, 0 more by known defects", report.summary())
        self.assertIn("crashed", output.getvalue())
        self.assertIn("broken: row, rhei: 3 of 10 honest calls failed", output.getvalue())

    def test_a_known_defect_is_shown_and_fails_nothing(self):
        report = run.Report()
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            report.add(dataclasses.replace(ROW, known="why"), [("rhei", dataclasses.replace(GOOD, errors=3))])
            self.assertEqual("attacks: 1 on rhei, 0 promises broken, 1 more by known defects", report.summary())
        self.assertIn("KNOWN: 3 of 10 honest calls failed", output.getvalue())

    def test_an_attacker_who_never_acknowledges_is_for_rhei_alone(self):
        commands = {"rhei": "a", "other": "b"}
        self.assertEqual([("rhei", True), ("rhei, no ACK", False), ("other", True)],
                         [(name, acknowledges) for name, _, acknowledges in run.contenders(ROW, commands)])
        acknowledging = dataclasses.replace(ROW, unacknowledged=False)
        self.assertEqual(2, len(list(run.contenders(acknowledging, commands))))


class Rows(unittest.TestCase):
    def test_each_row_has_a_name_of_its_own_and_what_it_expects(self):
        names = [row.name for row in rows.ROWS]
        self.assertEqual(len(names), len(set(names)))
        for row in rows.ROWS:
            self.assertTrue(row.expected and all(row.expected), row.name)

    def test_the_quick_rows_wait_for_no_timer(self):
        quick = [row for row in rows.ROWS if row.quick]
        self.assertTrue(quick)
        self.assertFalse([row.name for row in quick if row.waits])


class Processes(unittest.TestCase):
    def test_the_high_water_mark_is_bytes(self):
        self.assertEqual(2048 * 1024, servers.high_water("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n"))

    def test_a_server_that_does_not_say_its_port_is_refused(self):
        with self.assertRaises(RuntimeError) as refused:
            with servers.Server("echo hello"):
                pass
        self.assertIn("listening on PORT", str(refused.exception))

    def test_a_server_is_stopped_and_asked_how_it_went(self):
        script = ("trap 'echo at most 3 handlers at once; exit 5' TERM; echo listening on 7; "
                  "while :; do read -t 1 <> <(:); done")
        with servers.Server(f'bash -c "{script}"') as server:
            self.assertEqual(7, server.port)
            self.assertGreater(server.memory(), 0)
            self.assertGreaterEqual(server.cpu_seconds(), 0)
        self.assertEqual((5, 3), (server.exit_code, server.most_handlers))


if __name__ == "__main__":
    unittest.main()
