#!/usr/bin/env python3
"""Runs h2specd against our client and h2spec against our server; README.md says what both expect of the programs.

The last line of the output is h2spec's summary. The exit code is 0 only if every case of both suites passed.
"""

import argparse
import contextlib
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading

SERVER_CASES = 147
CLIENT_CASES = 57
SUMMARY = re.compile(r"^(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed$", re.MULTILINE)
SECONDS_PER_SUITE = 600
SECONDS_TO_LISTEN = 20
SECONDS_TO_STOP = 20


def tester_output(command, log):
    """Runs a tester to its end and returns what it printed, free of progress lines and noise; log keeps it all."""
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS_PER_SUITE)
        raw = ran.stdout
    except subprocess.TimeoutExpired as expired:
        raw = (expired.stdout or b"") + f"\nstopped after {SECONDS_PER_SUITE} seconds\n".encode()
    log.write_bytes(raw)
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", raw.decode("utf-8", "replace")).replace("\x00", "")
    lines = [line.split("\r")[-1].rstrip() for line in text.splitlines()]
    # h2specd's accept loops report their own closed listeners, over and over, until the process is gone.
    return "\n".join(line for line in lines if "use of closed network connection" not in line) + "\n"


def judge(output, expected):
    """Returns the tester's summary line and whether exactly the expected number of cases ran and passed."""
    found = SUMMARY.search(output)
    if not found:
        return "the tester ended without a summary", False
    tests, passed, _, _ = (int(group) for group in found.groups())
    return found.group(0), tests == expected and passed == expected


def report(name, output, summary, good, log):
    """Prints what a reader needs: the summary alone when all passed, else the failures before it."""
    if not good:
        failures = output.find("Failures:")
        print(output[failures:] if failures >= 0 else output)
        print(f"{name}: read {log} for every case; the failures stand above")
    print(summary, flush=True)


def free_ports(count):
    """Returns the first of count adjacent free ports, below those that the system gives to outgoing connections."""
    for first in range(20000, 32000, count):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    stack.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
        return first
    sys.exit(f"free {count} adjacent ports between 20000 and 32000, then run this again")


def client_suite(testers, client, logs):
    log = logs / "h2specd.log"
    command = [str(testers / "h2specd"), "--strict", "--timeout", "1", "--from-port", str(free_ports(CLIENT_CASES)),
               "--exec", client]
    output = tester_output(command, log)
    summary, good = judge(output, CLIENT_CASES)
    report("h2specd", output, summary, good, log)
    return good


class Server:
    """Our conformance server, running; it ends with the `with` block, and must end well."""

    def __init__(self, command):
        self.command = command
        self.port = None
        self.process = None
        self.ended_well = False

    def __enter__(self):
        self.process = subprocess.Popen(shlex.split(self.command), stdout=subprocess.PIPE, text=True)
        watchdog = threading.Timer(SECONDS_TO_LISTEN, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline()
        watchdog.cancel()
        found = re.fullmatch(r"listening on (\d+)", line.strip())
        if not found:
            self.process.kill()
            self.process.communicate()
            sys.exit(f"make the server print 'listening on PORT' first: '{self.command}' printed '{line.strip()}'")
        self.port = int(found.group(1))
        return self

    def __exit__(self, *_):
        with self.process.stdout:
            self.stop()

    def stop(self):
        if self.process.poll() is not None:
            print(f"the server ended during the suite, with exit code {self.process.returncode}")
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.ended_well = self.process.wait(SECONDS_TO_STOP) == 0
            if not self.ended_well:
                print(f"the server ended with exit code {self.process.returncode} after SIGTERM, not 0")
        except subprocess.TimeoutExpired:
            print(f"the server still ran {SECONDS_TO_STOP} seconds after SIGTERM")
            self.process.kill()
            self.process.wait()


def server_suite(testers, server, port, logs):
    log = logs / "h2spec.log"
    command = [str(testers / "h2spec"), "--host", "127.0.0.1", "--strict", "--timeout", "1", "--port"]
    if port:
        output, ended_well = tester_output(command + [str(port)], log), True
    else:
        with Server(server) as running:
            output = tester_output(command + [str(running.port)], log)
        ended_well = running.ended_well
    summary, good = judge(output, SERVER_CASES)
    report("h2spec", output, summary, good, log)
    return good and ended_well


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--testers", type=pathlib.Path, default=pathlib.Path("build/tools"))
    parser.add_argument("--quick", action="store_true", help="leave out h2specd, the cases against the client")
    parser.add_argument("--client", help="a client to judge instead of ours")
    parser.add_argument("--server", help="a server to judge instead of ours")
    parser.add_argument("--port", type=int, help="judge the server that listens on this port of 127.0.0.1")
    arguments = parser.parse_args()

    programs = arguments.build / "tests" / "conformance"
    logs = arguments.build / "conformance"
    client = arguments.client or str(programs / "conformance_client")
    server = arguments.server or str(programs / "conformance_server")
    good = arguments.quick or client_suite(arguments.testers, client, logs)
    return 0 if server_suite(arguments.testers, server, arguments.port, logs) and good else 1


if __name__ == "__main__":
    sys.exit(main())
