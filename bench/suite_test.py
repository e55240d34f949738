"""Tests of what turns the programs' output into figures. No benchmark runs here."""

import json
import pathlib
import sys
import tempfile
import unittest
import xml.etree.ElementTree

from guard import check
from suite import curves, footprint, goals, h2load, idle, overload, page, peers, plot, profile, publish, report, streaming, unary
from suite.processes import Failure, Server, require_program


def single_run(rps, errors=0, p50=1.0):
    return {"rps": rps, "p50_us": p50, "p99_us": 2.0, "server_cpu_us": None, "client_cpu_us": 0.5, "errors": errors}


class ReportTest(unittest.TestCase):
    def test_a_row_has_medians_and_all_errors(self):
        row = report.median_row("1x1", "rhei", [single_run(10.0, 1), single_run(30.0, 2), single_run(20.0)])
        self.assertEqual(tuple(row), report.ROW_KEYS)
        self.assertEqual((row["rps"], row["errors"], row["server_cpu_us"]), (20.0, 3, None))

    def test_ratios_are_the_subjects_value_over_each_peers_in_the_same_case(self):
        rows = [report.median_row("1x1", "rhei", [single_run(30.0)]),
                report.median_row("1x1", "tcp", [single_run(60.0)]),
                report.median_row("1x100", "tcp", [single_run(90.0)])]
        self.assertEqual(report.ratios(rows), {"1x1": {"tcp": 0.5}})

    def test_a_pair_is_of_one_round_and_the_median_of_the_pairs_counts(self):
        pairs = report.pair_ratios({"rhei": [10.0, 90.0, 20.0], "tcp": [20.0, 100.0, 10.0]})
        self.assertEqual(pairs, {"rhei": {"tcp": 0.9}})

    def test_a_table_has_a_line_for_each_row_and_a_dash_for_what_is_unknown(self):
        lines = report.table([report.median_row("1x1", "tcp", [single_run(1234567.8)])]).splitlines()
        self.assertEqual(lines[0].split(), list(report.ROW_KEYS))
        self.assertEqual(lines[1].split(), ["1x1", "tcp", "1,234,568", "1.00", "2.00", "-", "0.50", "0"])


class UnaryTest(unittest.TestCase):
    def test_spinning_systems_are_compared_apart(self):
        rows = [report.median_row("1x1", system, [single_run(rps)]) for system, rps in
                (("rhei", 10.0), ("tcp", 20.0), ("rhei-busy-poll", 80.0), ("tcp-busy-poll", 100.0))]
        ratios = unary.all_ratios(rows)
        self.assertEqual(ratios["ratios"], {"1x1": {"tcp": 0.5}})
        self.assertEqual(ratios["busy_poll_ratios"], {"1x1": {"tcp": 4.0, "tcp-busy-poll": 0.8}})


class PeersTest(unittest.TestCase):
    def test_a_peer_is_started_in_its_folder_on_its_core(self):
        command = peers.command("grpc-go", "server", 3)
        self.assertEqual(command[-4:], ["taskset", "-c", "3", "bin/server"])
        self.assertEqual((command[:2], pathlib.Path(command[2]).name), (["env", "--chdir"], "go"))

    def test_only_peers_in_other_languages_need_a_toolchain(self):
        self.assertEqual([peers.toolchain(system) for system in ("tonic", "grpc-c++")], ["rust", None])


def client_output(requests, seconds, errors=0):
    return {"requests": requests, "seconds": seconds, "errors": errors, "p50_us": 1.0, "p99_us": 2.0,
            "server_cpu_us": 30.0, "client_cpu_us": 20.0}


class StreamingTest(unittest.TestCase):
    def row(self, case, system, rate):
        run = streaming.figures(client_output(rate, 1.0), 16)
        return report.median_row(case, system, [run], streaming.KEYS)

    def test_messages_and_megabytes_are_of_one_direction(self):
        run = streaming.figures(client_output(3_000, 2.0), 64 * 1024)
        self.assertEqual((run["messages_per_s"], run["mb_per_s"]), (1_500.0, 98.304))

    def test_raw_tcp_runs_in_bulk_only_and_with_every_size_of_write(self):
        self.assertEqual(streaming.variants("tcp", "100-streams-1-in-flight"), [])
        self.assertEqual([flags[1] for _, flags in streaming.variants("tcp", streaming.BULK)],
                         [16384, 32768, 65536, 131072, 262144])
        self.assertEqual(streaming.variants("rhei", streaming.BULK), [("rhei", ())])

    def test_of_raw_tcp_only_the_best_is_compared(self):
        rows = [self.row(streaming.BULK, system, rate) for system, rate in
                (("rhei", 80), ("tcp-16k", 20), ("tcp-128k", 100), ("tcp-256k", 90), ("tcp-reno-64k", 160),
                 ("tcp-reno-32k", 150))]
        self.assertEqual(streaming.ratios(rows), {streaming.BULK: {"tcp-128k": 0.8, "tcp-reno-64k": 0.5}})


class OverloadTest(unittest.TestCase):
    def loaded(self, useful, failed=0):
        return {"sent": 8_000, "useful": useful, "failed": failed, "answer_p50_us": 1.0, "answer_p99_us": 2.0,
                "refusal_p50_us": 3.0, "refusal_p99_us": 4.0}

    def test_the_largest_load_is_followed_by_an_easy_time(self):
        self.assertEqual(overload.phases(1, 1_000, 2, 1), [(500, 1), (1_000, 2)])
        self.assertEqual(overload.phases(4, 1_000, 2, 1), [(500, 1), (4_000, 2), (500, overload.RECOVERY_SECONDS)])

    def test_a_server_is_back_when_it_stays_so(self):
        good, bad = [100, 96], [100, 94]
        self.assertEqual(overload.recovery_seconds([bad] * 10 + [good] * 20, 1), 0.0)
        self.assertEqual(overload.recovery_seconds([bad] * 10 + [bad] * 5 + [good] * 10, 1), 0.5)
        self.assertEqual(overload.recovery_seconds([bad] * 10 + [good] * 5 + [bad] * 5 + [good] * 10, 1), 1.0)
        self.assertEqual(overload.recovery_seconds([bad] * 10 + [good] * 5 + [bad] * 5, 1), 1.0)

    def test_goodput_is_a_share_of_what_the_server_can_do(self):
        parts = overload.phases(4, 1_000, 2, 1)
        row = overload.figures({"phases": [{}, self.loaded(1_800, 5), {}], "slots": [[100, 100]] * 90}, parts, 1_000)
        self.assertEqual((row["load_per_s"], row["goodput_per_s"], row["goodput_share"]), (4_000.0, 900.0, 0.9))
        self.assertEqual((row["recovery_s"], row["errors"]), (0.0, 5))

    def test_the_picture_tells_each_system_and_what_was_reached(self):
        rows = []
        for system, useful in (("rhei", 1_800), ("grpc-c++", 20)):
            for load in overload.LOADS:
                parts = overload.phases(load, 1_000, 2, 1)
                run = {"phases": [{}, self.loaded(useful), {}], "slots": [[100, useful // 18]] * 90}
                rows.append(report.median_row(overload.case_name(load), system, [overload.figures(run, parts, 1_000)],
                                              overload.KEYS))
        content = {"rows": rows, "goals": overload.goals(rows), "machine": {"cpu": "a <fast> one", "versions": {}}}
        svg = overload.picture(content)
        xml.etree.ElementTree.fromstring(svg)
        for text in ("rhei with LimitAdaptively", "gRPC C++, not within 6.0 s", "90 % of what it can in time"):
            self.assertIn(text, svg)


class PublishTest(unittest.TestCase):
    def rows(self, figures):
        return [report.median_row(case, system, [publish.figures(run)], publish.KEYS) for case, system, run in figures]

    def content(self):
        cheap = client_output(1_000, 1.0)
        dear = {**cheap, "server_cpu_us": 400.0, "client_cpu_us": 200.0}
        one, ten, paced, pinned = publish.CASES
        rows = self.rows([(one, "rhei", client_output(300, 1.0)), (one, "json-go", client_output(20, 1.0)),
                          (ten, "rhei", client_output(200, 1.0)), (ten, "json-go", client_output(30, 1.0)),
                          (paced, "rhei", cheap), (paced, "json-go", dear),
                          (pinned, "rhei", cheap), (pinned, "json-go", {**dear, "server_cpu_us": 800.0})])
        return {"rows": rows, "machine": {"cpu": "a <machine>", "versions": {}}, **publish.ratios(rows)}

    def test_cpu_time_is_of_both_sides(self):
        self.assertEqual(publish.figures(client_output(10, 1.0))["cpu_s_per_1000"], 0.05)

    def test_best_is_compared_with_best_and_the_peers_cpu_time_with_rheis(self):
        content = self.content()
        self.assertEqual(content["ratios"]["best"], {"json-go": 10.0})
        self.assertEqual(content["cpu_ratios"], {publish.PACED: {"json-go": 12.0}, publish.PINNED: {"json-go": 20.0}})

    def test_without_rhei_there_is_nothing_to_compare(self):
        rows = self.rows([(publish.PACED, "json-go", client_output(1_000, 1.0))])
        self.assertEqual(publish.ratios(rows), {"ratios": {}, "cpu_ratios": {}})

    def test_the_picture_shows_all_measurements(self):
        root = xml.etree.ElementTree.fromstring(publish.picture(self.content()))
        texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
        for shown in ("rhei", "JSON, Go (net/http)", "300", "30", "0.050", "0.600", "1.000"):
            self.assertIn(shown, texts)
        self.assertTrue(any("a <machine>" in text for text in texts))


class PlotTest(unittest.TestCase):
    def test_a_bar_is_as_long_as_its_value_says(self):
        svg = plot.bar_charts("title", [("panel", [("a", "A", 40, "forty"), ("b", "B", 10, "ten")])], [])
        bars = [element for element in xml.etree.ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}rect")
                if element.get("x")]
        longer, shorter = (float(bar.get("width")) for bar in bars)
        self.assertAlmostEqual(longer / shorter, 4.0, places=2)

    def test_a_picture_is_written_into_a_folder_that_it_makes(self):
        with tempfile.TemporaryDirectory() as folder:
            written = plot.write(pathlib.Path(folder, "new"), "name", plot.bar_charts("title", [], []))
            self.assertEqual(written[0].name, "name.svg")
            for path in written:
                self.assertGreater(path.stat().st_size, 0)


def texts_of(svg):
    return [element.text for element in xml.etree.ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


MACHINE = {"cpu": "a machine", "cores": 2, "kernel": "6", "load_before": 0.0, "date": "2026-01-02T03:04:05+00:00",
           "versions": {"rhei": "abc"}}


class CurvesTest(unittest.TestCase):
    def rows(self, figures, key="rps"):
        return [{"case": case, "system": system, key: value} for case, system, value in figures]

    def test_ten_times_as_much_is_as_far_on_either_axis_wherever_it_is(self):
        svg = plot.line_chart("title", "x", "y", [("a", "A", [(1, 5), (10, 50), (100, 500)])], [])
        points = [(float(circle.get("cx")), float(circle.get("cy")))
                  for circle in xml.etree.ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}circle")]
        (x0, y0), (x1, y1), (x2, y2) = points
        self.assertAlmostEqual(x1 - x0, x2 - x1, delta=0.2)
        self.assertAlmostEqual(y1 - y0, y2 - y1, delta=0.2)
        self.assertLess(y1, y0)

    def test_a_curve_has_its_points_in_order_without_those_that_are_unknown(self):
        rows = self.rows([("1-x", "rhei", 5.0), ("1-x", "frames", None), ("10-x", "rhei", 6.0), ("10-x", "frames", 7.0)])
        self.assertEqual(curves.series_of(rows, "rps"), [("rhei", "rhei", [(1, 5.0), (10, 6.0)]),
                                                         ("frames", "bare frames", [(10, 7.0)])])

    def test_latency_is_drawn_only_where_a_system_keeps_up(self):
        rows = [{"case": f"{rate}-a-second", "system": "rhei", "rps": done, "p50_us": p50, "p99_us": p50, "p999_us": p50}
                for rate, done, p50 in ((1_000, 1_000.0, 10.0), (10_000, 5_000.0, 9e8))]
        self.assertNotIn("1,000,000,000", texts_of(curves.latency_picture({"rows": rows, "machine": MACHINE})))

    def test_a_call_that_suddenly_costs_more_than_twice_as_much_is_a_cliff(self):
        rows = self.rows([("1-c", "rhei", 10.0), ("10-c", "rhei", 19.0), ("100-c", "rhei", 57.0)], "server_cpu_us")
        self.assertEqual(curves.cliffs(rows),
                         ["rhei: from 10 to 100 connections a call costs the server 3.0 times as much"])

    def test_server_and_clients_have_cores_of_their_own_where_there_are_enough(self):
        self.assertEqual(curves.cores_for(1, [0, 1]), ([0], [1]))
        self.assertEqual(curves.cores_for(2, [0, 1]), ([0, 1], [0, 1]))
        self.assertEqual(curves.cores_for(2, [4, 5, 6, 7, 8]), ([4, 5], [6, 7]))

    def test_clients_at_the_same_time_add_up_and_share_the_servers_time(self):
        one = {"requests": 100, "seconds": 1.0, "errors": 1, "p99_us": 5.0, "server_cpu_us": 4.0, "client_cpu_us": 3.0}
        row = curves.combined([one, {**one, "p99_us": 7.0}])
        self.assertEqual((row["rps"], row["errors"], row["p99_us"]), (200.0, 2, 7.0))
        self.assertEqual((row["server_cpu_us"], row["client_cpu_us"]), (2.0, 3.0))

    def test_where_cores_are_shared_the_picture_says_so(self):
        rows = [{"case": f"{loops}-loops", "system": "rhei", "rps": 10.0, "shared_cores": shared}
                for loops, shared in ((1, "no"), (2, "yes"))]
        said = " ".join(texts_of(curves.loops_picture({"rows": rows, "machine": MACHINE})))
        self.assertIn("With 2 loops the server and its clients share all 2 cores", said)


class ProfileTest(unittest.TestCase):
    def test_a_function_belongs_to_the_room_of_its_own_name(self):
        for function, room in (
                ("rhei::v0::http2::Connection::Next()", "http2"),
                ("rhei::v0::UnaryCall<rhei::v0::http2::A<int> > rhei::v0::StartUnary<rhei::v0::wire::B>(rhei::v0::rpc::C)",
                 "public headers, base"),
                ("rhei::bench::(anonymous namespace)::Guard::Await(rhei::v0::Channel const&)", "bench"),
                ("rhei::v0::UniqueFunction<void ()>::{lambda(std::byte*)#7}::_FUN(std::byte*)", "public headers, base"),
                ("operator new(unsigned long)", "bench"), ("__memcpy_avx_unaligned_erms", "copying"), ("main", "other")):
            self.assertEqual(profile.room_of(function), room, function)

    def test_what_start_up_costs_cancels_out(self):
        listing = """
1,000 (50.00%)  ???:rhei::v0::http2::Connection::Next() [/a/guard_unary]
  900 (45.00%)  ./elf/dl-lookup.c:do_lookup_x [/lib/ld.so]
"""
        once = profile.by_function(listing)
        twice = {name: count + (500 if "http2" in name else 0) for name, count in once.items()}
        self.assertEqual(profile.per_room(once, twice, 100), {"http2": 5.0, "other": 0.0})


class PageTest(unittest.TestCase):
    def write(self, folder, name, rows):
        path = pathlib.Path(folder, f"{name}.json")
        path.write_text(json.dumps({"rows": rows, "machine": MACHINE, "quick": True}))

    def test_a_goal_is_judged_only_where_it_was_measured(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(goals.rows(pathlib.Path(folder)), [])
            self.write(folder, "in_process", [{"case": "100-in-flight", "system": "rhei", "rps": 3_000_000.0}])
            row, = goals.rows(pathlib.Path(folder))
            self.assertEqual((row["measured"], row["reached"]), ("3,000,000/s", "floor"))

    def test_less_is_better_where_a_goal_is_a_cost(self):
        with tempfile.TemporaryDirectory() as folder:
            self.write(folder, "idle", [{"case": "idle-9000", "system": "rhei", "bytes_per_connection": 2_000}])
            self.write(folder, "allocations", [{"case": "socket", "system": "rhei", "allocations": 1.0}])
            self.assertEqual([row["reached"] for row in goals.rows(pathlib.Path(folder))], ["goal", "below the floor"])

    def test_the_page_has_each_table_with_its_command_and_its_machine(self):
        with tempfile.TemporaryDirectory() as folder:
            self.write(folder, "idle", [{"case": "idle-9000", "system": "rhei", "bytes_per_connection": 2_000}])
            text = page.write(pathlib.Path(folder), pathlib.Path(folder, "docs")).read_text()
            self.assertIn("`./dev bench idle --quick`, 2026-01-02, rhei abc", text)
            self.assertIn("Idle connections: 2 cores of a machine", text)
            self.assertIn("| idle-9000 | rhei | 2,000 |", text)


class IdleTest(unittest.TestCase):
    def test_the_frame_of_a_handler_is_taken_off_where_it_is_known(self):
        row = idle.stream_row("case", "rhei", [(2000.0, 456), (2100.4, 456), (2200.0, 456)])
        self.assertEqual((row["bytes_per_stream"], row["handler_frame"], row["without_frame"]), (2100, 456, 1644))
        self.assertIsNone(idle.stream_row("case", "grpc-c++", [(18000.0, None)])["without_frame"])

    def test_what_streams_leave_behind_is_what_many_cost_more_than_few(self):
        self.assertEqual(idle.left_by_each(1_000, 50_000, 101_000, 50_000), 0)
        self.assertEqual(idle.left_by_each(1_000, 50_000, 101_000, 250_000), 2)


H2LOAD_OUTPUT = """finished in 1.50s, 64417.66 req/s, 4.66MB/s
requests: 100 total, 100 started, 100 done, {succeeded} succeeded, 0 failed, 0 errored, 0 timeout
traffic: 1.2MB (1234567) total, 100KB (100000) headers (space savings 90.00%), 2KB ({data}) data
"""


class H2loadTest(unittest.TestCase):
    def test_a_reply_without_its_message_is_an_error(self):
        for succeeded, data, errors in ((100, 2300, 0), (97, 2300, 3), (100, 0, 100)):
            output = H2LOAD_OUTPUT.format(succeeded=succeeded, data=data)
            self.assertEqual(h2load.parse(output, 100, 23), (64417.66, errors))

    def test_output_without_a_result_is_a_failure(self):
        with self.assertRaisesRegex(Failure, "connection refused"):
            h2load.parse("connection refused", 100, 23)


class ProcessesTest(unittest.TestCase):
    def test_a_missing_program_is_named(self):
        with self.assertRaisesRegex(Failure, "unary_rhei_server"):
            require_program(pathlib.Path("nowhere", "unary_rhei_server"))

    def test_a_server_that_ends_instead_of_listening_is_a_failure(self):
        with self.assertRaisesRegex(Failure, "did not say where it listens"):
            with Server([sys.executable, "-c", ""]):
                self.fail("it must not start")


class FootprintTest(unittest.TestCase):
    def test_only_libraries_with_a_file_are_counted(self):
        listing = """
\tlinux-vdso.so.1 (0x00007ffc)
\tlibrhei.so.0.1 => /usr/lib/librhei.so.0.1 (0x00007f1)
\tlibc.so.6 => /lib/libc.so.6 (0x00007f2)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f3)
"""
        self.assertEqual([path.name for path in footprint.libraries_of(listing)], ["librhei.so.0.1", "libc.so.6"])

    def test_a_static_program_has_none(self):
        self.assertEqual(footprint.libraries_of("\tnot a dynamic executable\n"), [])


FAKE_PROGRAM = """#!/usr/bin/env python3
import sys
print('{"calls": %s, "counters": {"allocations": %d}}' % (sys.argv[4], 7 + 2 * int(sys.argv[4])))
"""


class GuardTest(unittest.TestCase):
    def test_start_up_cancels_out(self):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder, "guard_unary")
            program.write_text(FAKE_PROGRAM)
            program.chmod(0o755)
            self.assertEqual(check.figures_per_call(lambda calls: check.counters(program, "wait", calls), 10),
                             {"allocations": 2.0})

    def test_three_per_cent_and_what_is_next_to_nothing_pass(self):
        self.assertTrue(check.within(103.0, 100.0, 0.03))
        self.assertFalse(check.within(103.1, 100.0, 0.03))
        self.assertFalse(check.within(96.9, 100.0, 0.03))
        self.assertTrue(check.within(0.005, 0.0, 0.03))
        self.assertFalse(check.within(1.0, 0.0, 0.03))


if __name__ == "__main__":
    unittest.main()
