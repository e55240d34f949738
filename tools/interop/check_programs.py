#!/usr/bin/env python3
"""Runs interop_client against interop_server over real sockets, for all cases, and tries the flags of both.

    check_programs.py CLIENT SERVER
"""

import contextlib
import re
import signal
import subprocess
import sys
import unittest

CLIENT = SERVER = ""

# Needs a server that allows no more than two streams.
SCALING = "max_concurrent_streams_connection_scaling"
CASES = ("empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong", "empty_stream",
         "custom_metadata", "status_code_and_message", "special_status_message", "unimplemented_method",
         "unimplemented_service", "cancel_after_begin", "cancel_after_first_response", "timeout_on_sleeping_server",
         "rpc_soak", "channel_soak")


@contextlib.contextmanager
def server(*flags):
    """Gives the port of a server, which then has to end well."""
    with subprocess.Popen([SERVER, *flags], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield re.fullmatch(r"listening on (\d+)\n", process.stdout.readline()).group(1)
        finally:
            process.send_signal(signal.SIGTERM)
        if process.wait(30) != 0:
            raise AssertionError(f"the server ended with exit code {process.returncode}")


def run(program, *flags):
    return subprocess.run([program, *flags], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def run_client(port, *flags):
    return run(CLIENT, "--server_host=127.0.0.1", f"--server_port={port}", *flags)


class Cases(unittest.TestCase):
    def test_all_cases_but_connection_scaling_pass(self):
        with server() as port:
            ran = run_client(port, "--test_case=" + ",".join(CASES),
                             "--soak_per_iteration_max_acceptable_latency_ms=60000")
        self.assertEqual([f"{case} ok" for case in CASES], ran.stdout.splitlines(), ran.stderr)
        self.assertEqual(0, ran.returncode)

    def test_the_client_knows_these_cases_and_no_others(self):
        lines = run(CLIENT, "--help").stdout.split("cases:\n")[1].splitlines()
        self.assertEqual({*CASES, SCALING}, {line.strip().split(":")[0] for line in lines})

    def test_connection_scaling_passes_where_two_streams_are_allowed(self):
        with server("--max_concurrent_streams=2") as port:
            ran = run_client(port, f"--test_case={SCALING}")
        self.assertEqual((f"{SCALING} ok\n", 0), (ran.stdout, ran.returncode), ran.stderr)

    def test_connection_scaling_fails_where_the_third_call_needs_no_connection(self):
        with server() as port:
            ran = run_client(port, f"--test_case={SCALING}")
        self.assertEqual(1, ran.returncode)
        self.assertIn(f"{SCALING} FAILED: third call: expected another connection than", ran.stdout)

    def test_a_case_fails_without_a_server(self):
        with server() as port:
            pass
        ran = run_client(port, "--test_case=empty_unary")
        self.assertEqual(1, ran.returncode)
        self.assertIn("empty_unary FAILED: EmptyCall: expected OK, got UNAVAILABLE", ran.stdout)

    def test_a_soak_whose_calls_are_too_slow_fails(self):
        with server() as port:
            ran = run_client(port, "--test_case=rpc_soak", "--soak_per_iteration_max_acceptable_latency_ms=0",
                             "--soak_overall_timeout_seconds=60", "--soak_max_failures=1", "--soak_iterations=4",
                             "--soak_response_size=4000000")
        self.assertIn("rpc_soak FAILED: expected at most 1 failed iterations, got", ran.stdout)

    def test_a_soak_is_shared_by_threads(self):
        with server() as port:
            ran = run_client(port, "--test_case=channel_soak", "--soak_num_threads=3", "--soak_iterations=7",
                             "--soak_per_iteration_max_acceptable_latency_ms=60000")
        self.assertEqual("channel_soak ok\n", ran.stdout)
        self.assertIn("7 iterations", ran.stderr)

    def test_additional_metadata_goes_with_each_call(self):
        with server() as port:
            ran = run_client(port, "--test_case=custom_metadata",
                             "--additional_metadata=x-a:b:c;x-grpc-test-echo-initial:another")
        # The server echoes the first value of the key, which is that of the channel.
        self.assertIn("expected 'test_initial_metadata_value', got 'another'", ran.stdout)

    def test_each_address_type_is_served(self):
        for kind in ("IPV4", "IPV4_IPV6"):
            with server(f"--address_type={kind}") as port:
                self.assertEqual("empty_unary ok\n", run_client(port, "--test_case", "empty_unary").stdout, kind)


class FlagErrors(unittest.TestCase):
    def check(self, program, flags, message):
        ran = run(program, *flags)
        self.assertEqual((2, ""), (ran.returncode, ran.stdout), flags)
        self.assertIn(message, ran.stderr)

    def test_of_the_client(self):
        for flags, message in (
                (["--use_tls"], "--use_tls=true cannot be served: rhei has no TLS yet"),
                (["--use_test_ca=true"], "rhei has no TLS yet"),
                (["--use_alts=true"], "rhei has no ALTS yet"),
                (["--oauth_scope=all"], "--oauth_scope=all cannot be served: rhei has no credentials yet"),
                (["--service_config_json={}"], "rhei has no service config yet"),
                (["--server_port=-1"], "--server_port=-1: expected a number from 0 to 2147483647"),
                (["--server_port"], "--server_port needs a value"),
                (["--use_tls=maybe"], "--use_tls=maybe: expected true or false"),
                (["--speed=9"], "there is no flag --speed"),
                (["empty_unary"], "'empty_unary' is not a flag"),
                (["--test_case=jump"], "--test_case=jump: rhei's client has no such case"),
                (["--additional_metadata=novalue"], "expected key:value, got 'novalue'"),
                (["--additional_metadata=Upper:1"], "--additional_metadata: ")):
            self.check(CLIENT, flags, message)

    def test_of_the_server(self):
        for flags, message in (
                (["--use_tls=true"], "--use_tls=true cannot be served: rhei has no TLS yet"),
                (["--use_alts"], "rhei has no ALTS yet"),
                (["--port=x"], "--port=x: expected a number from 0 to"),
                (["--address_type=IPV5"], "--address_type=IPV5: expected IPV4, IPV6 or IPV4_IPV6")):
            self.check(SERVER, flags, message)

    def test_flags_that_are_not_served_may_be_given_with_their_defaults(self):
        self.assertIn("no such case", run(CLIENT, "--use_tls=false", "--oauth_scope=", "--test_case=jump").stderr)


if __name__ == "__main__":
    CLIENT, SERVER = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
