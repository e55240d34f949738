#!/usr/bin/env python3
"""Tests of the runner, with scripts in the place of clients and servers."""

import pathlib
import sys
import tempfile
import unittest

import languages
import matrix
import official
import session

GOOD_SERVER = """
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGTERM}})
print("listening on", sys.argv[1] if sys.argv[1] != "0" else 7, flush=True)
signal.sigwait({{signal.SIGTERM}})
sys.exit({code})
"""
ALL_OK = "".join(f"print('{case} ok')\n" for case in matrix.CASES)
RESTART = """
import sys
print("stop the server", flush=True)
sys.stdin.readline()
print("start the server", flush=True)
"""


def row_with(**outcomes):
    row = matrix.Row("rhei", "Go", {case: matrix.OK for case in matrix.CASES})
    row.outcomes.update(outcomes)
    return row


class Rows(unittest.TestCase):
    def test_a_row_passes_only_with_an_outcome_of_every_case(self):
        row = matrix.Row("rhei", "Go")
        for case in matrix.CASES:
            self.assertFalse(row.passed())
            self.assertTrue(row.take(f"{case} ok"))
        self.assertTrue(row.passed())

    def test_a_failed_case_keeps_its_reason(self):
        row = row_with()
        self.assertTrue(row.take("codes FAILED: asked for code 3, got OK"))
        self.assertFalse(row.passed())
        self.assertEqual(["codes: asked for code 3, got OK"], list(row.reasons()))

    def test_other_lines_are_no_outcomes(self):
        row = matrix.Row("rhei", "Go")
        for line in ("", "codes", "codes okay", "ok", "walk ok", "codes FAILED", "a codes ok"):
            self.assertFalse(row.take(line), line)
        self.assertEqual({}, row.outcomes)

    def test_trouble_beside_the_cases_fails_the_row(self):
        row = row_with()
        row.troubles.append("the server ended with exit code 3 after SIGTERM")
        self.assertFalse(row.passed())


class Report(unittest.TestCase):
    def test_shows_a_column_for_each_row_and_the_summary_last(self):
        lines = matrix.report(("cases", [row_with(), row_with(large="lost")])).split("\n")
        self.assertEqual("rhei client, Go server: large: lost", lines[0])
        self.assertEqual("cases:", lines[2])
        self.assertEqual(["client", "rhei", "rhei"], lines[3].split())
        self.assertEqual(["server", "Go", "Go"], lines[4].split())
        cells = [line.split() for line in lines[5:-2]]
        self.assertEqual([[case, "ok", "FAILED" if case == "large" else "ok"] for case in matrix.CASES], cells)
        cases = len(matrix.CASES)
        self.assertEqual(f"interop: 1 of 2 rows passed, {2 * cases - 1} of {2 * cases} cases", lines[-1])

    def test_columns_stand_below_their_names(self):
        lines = matrix.table([row_with(codes="lost")])
        self.assertEqual({lines[0].index("rhei")}, {line.rindex(line.split()[-1]) for line in lines})

    def test_a_row_that_could_not_run_is_no_success(self):
        row = matrix.Row("rhei", "Go", troubles=["Go does not build; see build.log"])
        lines = matrix.report(("cases", [row])).split("\n")
        self.assertIn("rhei client, Go server: Go does not build; see build.log", lines)
        self.assertEqual(f"interop: 0 of 1 rows passed, 0 of {len(matrix.CASES)} cases", lines[-1])


class Session(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_row(self, client, server=GOOD_SERVER.format(code=0)):
        programs = [([sys.executable, "-c", code], self.folder) for code in (client, server)]
        return session.run_row(*programs, [], self.folder / "row.log", matrix.Row("rhei", "Go"))

    def test_a_good_client_and_a_good_server_pass(self):
        self.assertEqual((True, []), ((row := self.run_row(ALL_OK)).passed(), row.troubles))

    def test_the_client_is_told_the_address(self):
        row = self.run_row("import sys\nprint('large FAILED:', *sys.argv[1:])")
        self.assertEqual({"large": "127.0.0.1:7"}, row.outcomes)

    def test_the_server_comes_back_on_its_port_when_the_client_asks(self):
        self.assertTrue(self.run_row(RESTART + ALL_OK).passed())

    def test_a_server_that_the_client_has_killed_comes_back_too(self):
        row = self.run_row(RESTART.replace("stop", "kill") + ALL_OK, GOOD_SERVER.format(code=0))
        self.assertEqual((True, []), (row.passed(), row.troubles))

    def test_a_server_is_killed_only_while_it_runs(self):
        # It stays to be answered.
        row = self.run_row("import sys\nfor _ in range(2): print('kill the server', flush=True)\nsys.stdin.read()")
        self.assertEqual(["the client asked for the end of a server that does not run"], row.troubles)

    def test_a_client_that_leaves_without_its_server_fails_nothing_but_its_cases(self):
        row = self.run_row("import sys\nprint('stop the server', flush=True)\nsys.stdin.readline()")
        self.assertEqual(({}, []), (row.outcomes, row.troubles))
        self.assertFalse(row.passed())

    def test_a_client_that_ends_badly_fails_the_row(self):
        row = self.run_row(ALL_OK + "raise SystemExit(3)")
        self.assertEqual(["the client ended with exit code 3"], row.troubles)

    def test_noise_from_the_client_fails_the_row(self):
        self.assertEqual(["the client printed 'hello'"], self.run_row(ALL_OK + "print('hello')").troubles)

    def test_a_server_that_stops_badly_fails_the_row(self):
        row = self.run_row(ALL_OK, GOOD_SERVER.format(code=3))
        self.assertEqual(["the server ended with exit code 3 after SIGTERM"], row.troubles)

    def test_a_server_that_does_not_say_its_port_fails_the_row(self):
        row = self.run_row(ALL_OK, "print('hello')")
        self.assertEqual(["the server printed 'hello' instead of 'listening on PORT'"], row.troubles)

    def test_a_program_that_is_not_there_fails_the_row(self):
        client = ([str(self.folder / "nothing")], self.folder)
        row = session.run_row(client, client, [], self.folder / "row.log", matrix.Row("rhei", "Go"))
        self.assertIn("No such file", row.troubles[0])


OFFICIAL_SERVER = """
import signal, socket, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGTERM}})
listener = socket.create_server(("127.0.0.1", int(sys.argv[1].removeprefix("--port="))))
signal.sigwait({{signal.SIGTERM}})
sys.exit({code})
"""
OFFICIAL_CLIENT = "import sys\nif '--test_case={case}' in sys.argv: sys.exit('it {what}')"


class Official(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_row(self, client="", server=OFFICIAL_SERVER.format(code=0), **more):
        programs = official.Programs(title="test", build=(), server=(sys.executable, "-c", server),
                                     client=(sys.executable, "-c", client), **more)
        return official.run_row((programs, self.folder), (programs, self.folder), self.folder / "row.log")

    def test_every_case_is_run_and_the_exit_code_counts(self):
        row = self.run_row(OFFICIAL_CLIENT.format(case="ping_pong", what="lost a ping"), ends_well=True)
        self.assertEqual([], row.troubles)
        self.assertEqual(["ping_pong: it lost a ping (exit code 1)"], list(row.reasons()))
        self.assertEqual(set(official.CASES), set(row.outcomes))
        self.assertFalse(row.passed())

    def test_a_case_that_is_not_known_is_not_run_and_has_its_reason(self):
        row = self.run_row(OFFICIAL_CLIENT.format(case="rpc_soak", what="should not run"),
                           no_client_case={"rpc_soak": "too old"})
        self.assertTrue(row.passed())
        self.assertEqual("-", row.cell("rpc_soak"))
        self.assertEqual(["- rpc_soak (test to test): too old"], matrix.absences([row]))
        self.assertEqual("interop: 1 of 1 rows passed, 16 of 16 cases", matrix.summary([row]))

    def test_a_case_has_a_server_of_its_own_with_the_flags_that_it_needs(self):
        server = "import sys\nif len(sys.argv) > 2: print(sys.argv[2:], flush=True)\n" + OFFICIAL_SERVER.format(code=0)
        self.assertTrue(self.run_row(server=server).passed())
        log = (self.folder / "row.log").read_text()
        self.assertEqual(1, log.count("['--max_concurrent_streams=2']"), log)

    def test_a_server_that_does_not_start_fails_the_row(self):
        row = self.run_row(server="raise SystemExit(3)")
        self.assertEqual(["the server ended with exit code 3 before it listened"], row.troubles)
        self.assertFalse(row.passed())

    def test_a_server_of_rhei_has_to_end_well(self):
        bad_end = OFFICIAL_SERVER.format(code=3)
        self.assertEqual(["the server ended with exit code 3 after SIGTERM"],
                         self.run_row(server=bad_end, ends_well=True).troubles)
        self.assertTrue(self.run_row(server=bad_end).passed())

    def test_a_client_that_is_not_there_fails_the_row(self):
        programs = official.Programs(title="test", build=(), client=("./nothing",),
                                     server=(sys.executable, "-c", OFFICIAL_SERVER.format(code=0)))
        row = official.run_row((programs, self.folder), (programs, self.folder), self.folder / "row.log")
        self.assertIn("No such file", row.troubles[0])

    def test_every_language_has_programs_and_only_known_cases_are_left_out(self):
        self.assertEqual(set(languages.LANGUAGES), set(official.OTHERS))
        for programs in (official.RHEI, *official.OTHERS.values()):
            self.assertLessEqual({*programs.no_client_case, *programs.no_server_case}, set(official.CASES))

    def test_programs_that_do_not_build_fail_both_rows(self):
        here = self.folder / "here"
        (here / "official" / "go").mkdir(parents=True)
        (here / "official" / "go" / "go.mod").write_text("no module")
        rows = official.rows_of("go", here, self.folder, self.folder)
        self.assertEqual([("rhei", "Go"), ("Go", "rhei")], [(row.client, row.server) for row in rows])
        for row in rows:
            self.assertIn("the official programs of Go do not build", row.troubles[0])
            self.assertFalse(row.passed())


class Build(unittest.TestCase):
    def test_the_lock_file_of_rust_gets_its_sources_back_and_its_own_package_none(self):
        lock = '[[package]]\nname = "own"\nversion = "1"\n\n[[package]]\nname = "a"\nversion = "2"\nchecksum = "c"\n'
        own, other = languages.restore_cargo_sources(lock).split("\n\n")
        self.assertNotIn("source", own)
        names = [line.split()[0] for line in other.split("\n")[1:-1]]
        self.assertEqual(["name", "version", "source", "checksum"], names)

    def test_a_source_that_is_gone_is_gone_where_it_was_built_too(self):
        with tempfile.TemporaryDirectory() as folder:
            here, built = pathlib.Path(folder) / "here", pathlib.Path(folder) / "built"
            (here / "go" / "client").mkdir(parents=True)
            (here / "interop.proto").write_text("")
            for name in ("old.go", "new.go"):
                (here / "go" / "client" / name).write_text(name)
            languages.copy_sources(languages.sources_of("go", here), built)
            (built / "bin").mkdir()
            (here / "go" / "client" / "old.go").unlink()
            languages.copy_sources(languages.sources_of("go", here), built)
            self.assertEqual(["new.go"], [path.name for path in (built / "client").iterdir()])
            self.assertTrue((built / "bin").exists())

    def test_lock_files_name_no_registry(self):
        here = pathlib.Path(languages.__file__).parent
        for folder in (here, here / "official"):
            self.assertNotIn('"resolved"', (folder / "node" / "package-lock.json").read_text())
            self.assertNotIn("source = ", (folder / "rust" / "Cargo.lock").read_text())

    def test_a_step_that_fails_names_its_log(self):
        with tempfile.TemporaryDirectory() as folder, open(f"{folder}/build.log", "wb") as log:
            with self.assertRaises(languages.BuildError) as failed:
                languages.run_step(("false",), folder, log)
            self.assertIn("build.log", str(failed.exception))
            with self.assertRaises(languages.BuildError) as failed:
                languages.run_step(("./nothing",), folder, log)
            self.assertIn("install ./nothing", str(failed.exception))


if __name__ == "__main__":
    unittest.main()
