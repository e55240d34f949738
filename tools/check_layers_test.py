#!/usr/bin/env python3
"""Tests of check_layers.py, project_law.py and cpp_source.py."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import check_layers
import project_law
from cpp_source import code_only, includes, own_files

KNOWN = {pathlib.PurePosixPath(name) for name in (
    "src/base/block_pool.h", "src/http2/connection.h", "src/runtime/loop.h", "src/runtime/posix/socket.h",
    "src/runtime/simulation/world.h", "src/rpc/call.h", "src/wire/frame.h", "src/transport/transport.h",
    "testing/pair.h", "tests/support/process.h", "include/rhei/result.h")}


def layer_breaches(name, text):
    return list(check_layers.check_file(pathlib.PurePosixPath(name), text, KNOWN))


def law_breaches(name, text):
    return list(project_law.check_file(pathlib.PurePosixPath(name), text))


class Layers(unittest.TestCase):
    def assert_may(self, name, include):
        self.assertEqual([], layer_breaches(name, f"#include {include}\n"))

    def assert_may_not(self, name, include):
        self.assertEqual(1, len(layer_breaches(name, f"#include {include}\n")), f"{name} includes {include}")

    def test_a_room_includes_itself_and_what_is_below(self):
        self.assert_may("src/http2/connection.cc", '"http2/connection.h"')
        self.assert_may("src/http2/connection.cc", '"base/block_pool.h"')
        self.assert_may("src/transport/http2_transport.cc", '"runtime/loop.h"')
        self.assert_may("src/transport/http2_transport.cc", '"wire/frame.h"')

    def test_a_room_does_not_include_what_is_above_or_beside(self):
        self.assert_may_not("src/base/result.cc", '"http2/connection.h"')
        self.assert_may_not("src/http2/connection.cc", '"runtime/loop.h"')
        self.assert_may_not("src/runtime/loop.cc", '"http2/connection.h"')
        self.assert_may_not("src/rpc/server.cc", '"wire/frame.h"')
        self.assert_may_not("src/transport/http2_transport.cc", '"rpc/call.h"')

    def test_a_header_that_does_not_exist_yet_still_belongs_to_its_room(self):
        self.assert_may_not("src/base/result.cc", '"http2/not_written_yet.h"')

    def test_a_relative_include_is_seen_through(self):
        self.assert_may_not("src/base/result.cc", '"../http2/connection.h"')
        self.assert_may("src/http2/stream.cc", '"connection.h"')

    def test_public_headers_follow_the_layers_by_their_room(self):
        self.assert_may("src/http2/connection.h", '"rhei/limits.h"')
        self.assert_may_not("src/http2/connection.h", '"rhei/runtime.h"')
        self.assert_may_not("src/rpc/server.cc", "<rhei/channel.h>")
        self.assert_may("include/rhei/channel.h", '"rhei/call.h"')
        self.assert_may_not("include/rhei/call.h", '"rhei/channel.h"')
        self.assert_may_not("include/rhei/result.h", '"base/block_pool.h"')

    def test_an_unknown_public_header_is_a_breach_that_says_what_to_do(self):
        found = layer_breaches("include/rhei/novelty.h", "#pragma once\n")
        self.assertEqual(1, len(found))
        self.assertIn("PUBLIC_HEADERS", found[0][1])
        self.assert_may_not("src/rpc/server.cc", '"rhei/novelty.h"')

    def test_outer_rooms_see_public_headers_only(self):
        for name in ("examples/weather/server.cc", "src/services/health.cc", "src/gateway/json.cc", "cli/main.cc"):
            self.assert_may(name, '"rhei/server.h"')
            self.assert_may(name, '"weather.rhei.h"')
            self.assert_may_not(name, '"base/block_pool.h"')

    def test_only_tests_benchmarks_and_fuzzers_include_testing(self):
        self.assert_may("src/http2/connection_test.cc", '"testing/pair.h"')
        self.assert_may("tests/e2e/weather_test.cc", '"testing/pair.h"')
        self.assert_may("bench/micro/hpack.cc", '"testing/pair.h"')
        self.assert_may_not("src/http2/connection.cc", '"testing/pair.h"')
        self.assert_may_not("examples/weather/server.cc", '"testing/pair.h"')
        self.assert_may_not("testing/pair.cc", '"tests/support/process.h"')

    def test_a_test_beside_the_code_keeps_to_its_room(self):
        self.assert_may_not("src/http2/connection_test.cc", '"runtime/loop.h"')

    def test_testing_stands_on_the_simulated_world(self):
        self.assert_may("testing/world.h", '"runtime/simulation/world.h"')
        self.assert_may("testing/world.h", '"transport/transport.h"')
        self.assert_may_not("testing/world.h", '"runtime/posix/socket.h"')

    def test_other_peoples_headers_stay_in_their_room(self):
        self.assert_may("src/runtime/asio/loop.cc", "<asio.hpp>")
        self.assert_may("src/runtime/asio/loop.cc", "<asio/ip/tcp.hpp>")
        self.assert_may_not("src/transport/http2_transport.cc", "<asio/ip/tcp.hpp>")
        self.assert_may_not("src/client/channel.cc", "<google/protobuf/message.h>")
        self.assert_may("src/http2/hpack/decoder_test.cc", "<nghttp2/nghttp2.h>")
        self.assert_may("src/http2/hpack/nghttp2_oracle.h", "<nghttp2/nghttp2.h>")
        self.assert_may_not("src/http2/hpack/decoder.cc", "<nghttp2/nghttp2.h>")

    def test_the_line_of_the_include_is_reported_and_comments_are_not_includes(self):
        text = '// #include "runtime/loop.h"\n/*\n#include "runtime/loop.h"\n*/\n#include "rpc/call.h"\n'
        self.assertEqual([5], [line for line, _ in layer_breaches("src/http2/connection.cc", text)])


class Law(unittest.TestCase):
    def assert_breach(self, name, text, word):
        found = law_breaches(name, text)
        self.assertEqual(1, len(found), f"{name}: {found}")
        self.assertIn(word, found[0][1])

    def test_time_and_chance_are_given_outside_runtime(self):
        self.assert_breach("src/http2/a.cc", "auto t = std::chrono::steady_clock::now();", "clock")
        self.assert_breach("src/client/a.cc", "int x = rand();", "die")
        self.assert_breach("src/wire/a.cc", "std::this_thread::sleep_for(d);", "sleeps")
        self.assertEqual([], law_breaches("src/runtime/a.cc", "auto t = std::chrono::steady_clock::now();"))

    def test_a_word_in_a_comment_or_literal_is_not_code(self):
        text = '// never sleep(1), never rand()\nauto s = "sleep(1)"; int n = 1\'000; /* ::now() */'
        self.assertEqual([], law_breaches("src/http2/a.cc", text))

    def test_tests_do_not_sleep(self):
        self.assert_breach("src/http2/a_test.cc", "usleep(10);", "sleeps")
        self.assert_breach("tests/e2e/a.cc", "std::this_thread::sleep_for(d);", "sleeps")
        self.assert_breach("tests/conformance/run.py", "time.sleep(1)", "sleeps")

    def test_sans_io_rooms_know_no_threads(self):
        self.assert_breach("src/http2/a.cc", "#include <mutex>\n", "threads")
        self.assert_breach("src/wire/a.cc", "#include <thread>\n", "threads")
        self.assertEqual([], law_breaches("src/http2/a_test.cc", "#include <thread>\n"))

    def test_posix_headers_live_in_one_folder(self):
        for header in ("unistd.h", "sys/socket.h", "netinet/in.h", "fcntl.h", "poll.h"):
            self.assert_breach("src/runtime/loop.cc", f"#include <{header}>\n", "POSIX")
            self.assertEqual([], law_breaches("src/runtime/posix/socket.cc", f"#include <{header}>\n"))
            self.assertEqual([], law_breaches("tests/e2e/process.cc", f"#include <{header}>\n"))
            self.assertEqual([], law_breaches("src/runtime/loop_test.cc", f"#include <{header}>\n"))
            self.assert_breach("src/rpc/server_test.cc", f"#include <{header}>\n", "POSIX")

    def test_nothing_is_left_behind(self):
        for word in ("TO" "DO", "FIX" "ME", "X" "XX"):
            self.assert_breach("src/base/a.cc", f"// {word}: later", "leaves work behind")

    def test_headers_are_guarded_and_open_no_namespace(self):
        self.assert_breach("src/base/a.h", "#pragma once\nusing namespace std;\n", "using namespace")
        self.assert_breach("src/base/a.h", "int x;\n", "pragma once")
        self.assertEqual([], law_breaches("src/base/a.cc", "using namespace std::chrono_literals;\n"))

    def test_long_files_are_warned_about_and_then_refused(self):
        self.assertIsNone(project_law.warn_of_size(pathlib.PurePosixPath("src/base/a.cc"), "\n" * 400))
        self.assertIn("401", project_law.warn_of_size(pathlib.PurePosixPath("src/base/a.cc"), "\n" * 401))
        self.assert_breach("src/base/a.cc", "\n" * 1001, "1001 lines")
        self.assertEqual([], law_breaches("docs/long.md", "\n" * 1001))

    def test_hosts_of_registries_and_paths_of_a_machine_are_named_nowhere(self):
        self.assert_breach("README.md", "see " + project_law.HOSTS[0], "registry")
        self.assert_breach("dev", "cd /" "root/rhei", "path of one machine")
        self.assertEqual([], law_breaches("README.md", "the folder src/work/items and https://example.com/home/x"))


class Source(unittest.TestCase):
    def test_every_line_keeps_its_number(self):
        text = 'int a; /* one\ntwo */ int b;\nauto c = R"x(\n// not a comment\n)x";\nint d;'
        self.assertEqual(text.count("\n"), code_only(text).count("\n"))
        self.assertIn("int d;", code_only(text).split("\n")[5])
        self.assertNotIn("not a comment", code_only(text))

    def test_includes_have_their_line_and_their_kind(self):
        text = '\n#include <vector>\n# include "a/b.h"\n'
        self.assertEqual([(2, False, "vector"), (3, True, "a/b.h")], list(includes(text)))


class WholeTree(unittest.TestCase):
    def test_a_breach_fails_the_run_and_names_file_and_line(self):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder, "src", "http2", "a.cc")
            source.parent.mkdir(parents=True)
            source.write_text('#include "runtime/loop.h"\n')
            script = pathlib.Path(check_layers.__file__)
            ran = subprocess.run([sys.executable, str(script), folder], capture_output=True, text=True, check=False)
            self.assertEqual(1, ran.returncode)
            self.assertIn("src/http2/a.cc:1: http2 may not include runtime", ran.stdout)
            source.write_text("int a;\n")
            ran = subprocess.run([sys.executable, str(script), folder], capture_output=True, text=True, check=False)
            self.assertEqual(0, ran.returncode, ran.stdout)

    def test_without_git_the_build_folder_is_not_ours(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("build/a.cc", "src/a.cc"):
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True)
                path.write_text("")
            self.assertEqual(["src/a.cc"], [path.as_posix() for path in own_files(pathlib.Path(folder))])


if __name__ == "__main__":
    unittest.main()
