#!/usr/bin/env python3
"""Attacks servers, each attack a fresh process of each, while an honest client calls them; README.md tells all.

Prints a table of what became of the attacker, of the honest client and of the server, for rhei and for others beside
it. The exit code is 0 only if rhei kept every promise; the failures of others are shown, no more.
"""

import argparse
import concurrent.futures
import contextlib
import dataclasses
import json
import pathlib
import shutil
import subprocess
import sys
import threading
import time

from attacker import Attacker
from rows import MIB, ROWS
from servers import Server

HERE = pathlib.Path(__file__).resolve().parent
RHEI = "rhei"
MOST_STREAMS = 1024
SECONDS_BEFORE = 0.3
SECONDS_AFTER = 0.2
CALLS_PER_SECOND = 200
CALLS_PER_SECOND_WHILE_WAITING = 20
RUNS_THAT_WAIT_AT_ONCE = 16


@dataclasses.dataclass
class Measured:
    """What one attack did to one server."""

    ending: str = ""
    calls: int = 0
    errors: int = 0
    p99_before: float = 0.0  # seconds
    p99_during: float = 0.0
    memory_growth: int | None = None  # bytes, at the highest point; None if the server was gone
    cpu_seconds: float | None = None  # of the server, for the attacker
    seconds: float = 0.0
    most_handlers: int | None = None
    exit_code: int | None = 0


def percentile_99(values):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] if ordered else 0.0


def judge_calls(measured, calls, start, end):
    """Fills in what the honest client met before the attack, and from its start on until a moment after its end.

    Some attacks are over in a millisecond; the moment after them shows whether the server got over them.
    """
    during = [call for call in calls if call[0] + call[1] >= start and call[0] <= end + SECONDS_AFTER]
    measured.calls = len(during)
    measured.errors = sum(not right for _, _, right in during)
    measured.p99_before = percentile_99([took for begun, took, _ in calls[1:] if begun + took < start])
    measured.p99_during = percentile_99([took for _, took, _ in during])


def broken_promises(row, measured):
    """What rhei promises and did not keep in this row, as texts."""
    if not measured.ending.startswith(row.expected):
        yield f"the attacker was to see {' or '.join(row.expected)}"
    if measured.errors or not measured.calls:
        yield f"{measured.errors} of {measured.calls} honest calls failed"
    if measured.memory_growth is None:
        yield "the server was gone"
    elif measured.memory_growth > row.ceiling:
        yield f"memory grew by more than {row.ceiling / MIB:.1f} MiB"
    if measured.most_handlers is not None and measured.most_handlers > MOST_STREAMS:
        yield f"{measured.most_handlers} handlers ran at once, and {MOST_STREAMS} may"
    if measured.exit_code != 0:
        yield f"the server ended with exit code {measured.exit_code} after SIGTERM"


class Honest:
    """The honest client's process. After the `with` block, `calls` holds what it noted."""

    def __init__(self, port, calls_per_second):
        self.command = [sys.executable, "-B", str(HERE / "honest.py"), str(port), str(calls_per_second)]
        self.calls = []

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not self.process.stdout.readline():
            self.process.communicate()
            raise RuntimeError("the honest client found no server")
        return self

    def __exit__(self, *_):
        output, _ = self.process.communicate(timeout=30)
        with contextlib.suppress(ValueError):
            self.calls = json.loads(output)


def pause(seconds):
    threading.Event().wait(seconds)


def attack(row, server, acknowledges):
    """Lets the row's attack loose; returns how it ended."""
    with contextlib.ExitStack() as opened:

        def connect(**options):
            connection = Attacker(server.port, **{"acknowledges": acknowledges, **options})
            opened.callback(connection.close)
            return connection

        try:
            return row.attack(connect)
        except OSError as error:
            return f"the attack failed: {error}"


def growth(before, after):
    return None if before is None or after is None else after - before


def measure(row, command, acknowledges=True):
    """Starts the server, the honest client and then the attack."""
    measured = Measured()
    server = Server(command, row.descriptors)
    pace = CALLS_PER_SECOND_WHILE_WAITING if row.waits else CALLS_PER_SECOND
    with server:
        honest = Honest(server.port, pace)
        with honest:
            begun, cpu_begun = time.monotonic(), server.cpu_seconds()
            pause(SECONDS_BEFORE)
            server.reset_high_water()
            start, cpu_start, memory = time.monotonic(), server.cpu_seconds(), server.memory()
            measured.ending = attack(row, server, acknowledges)
            end, cpu_end = time.monotonic(), server.cpu_seconds()
            measured.memory_growth = growth(memory, server.high_water()) if server.alive() else None
            pause(SECONDS_AFTER)
        measured.seconds = end - start
        if None not in (cpu_begun, cpu_start, cpu_end):
            idle_share = (cpu_start - cpu_begun) / (start - begun)
            measured.cpu_seconds = max(0.0, cpu_end - cpu_start - idle_share * (end - start))
        judge_calls(measured, honest.calls, start, end)
    measured.most_handlers, measured.exit_code = server.most_handlers, server.exit_code
    return measured


# --- the table --------------------------------------------------------------------------------------------------------

HEADING = (f"  {'server':<12} {'errors/calls':>12} {'p99 before, during':>19} {'memory':>10} {'CPU':>8} {'share':>6}"
           "  the attacker saw")


def line(name, measured):
    memory = "-" if measured.memory_growth is None else f"+{measured.memory_growth / MIB:.1f} MiB"
    cpu = "-" if measured.cpu_seconds is None else f"{measured.cpu_seconds * 1000:.0f} ms"
    share = "-" if not measured.cpu_seconds or not measured.seconds else (
        f"{100 * measured.cpu_seconds / measured.seconds:.0f} %")
    times = f"{measured.p99_before * 1000:.1f}, {measured.p99_during * 1000:.1f} ms"
    calls = f"{measured.errors}/{measured.calls}"
    return f"  {name:<12} {calls:>12} {times:>19} {memory:>10} {cpu:>8} {share:>6}  {measured.ending}"


class Report:
    """Prints rows as they are complete, and counts the promises that were broken."""

    def __init__(self):
        self.judged = 0
        self.broken = []
        self.known = []

    def add(self, row, results):
        print(f"{row.name}")
        for name, measured in results:
            print(line(name, measured))
            if name.startswith(RHEI):
                self.judged += 1
                for promise in broken_promises(row, measured):
                    print(f"    {'KNOWN' if row.known else 'BROKEN'}: {promise}")
                    (self.known if row.known else self.broken).append(f"{row.name}, {name}: {promise}")
        sys.stdout.flush()

    def summary(self):
        for kind, promises in (("known defect", self.known), ("broken", self.broken)):
            for promise in promises:
                print(f"{kind}: {promise}")
        return (f"attacks: {self.judged} on rhei, {len(self.broken)} promises broken, "
                f"{len(self.known)} more by known defects")


def contenders(row, commands):
    """Yields (name, command, acknowledges) of what a row runs."""
    for name, command in commands.items():
        yield name, command, True
        if name == RHEI and row.unacknowledged:
            yield f"{RHEI}, no ACK", command, False


def try_measure(row, command, acknowledges):
    try:
        return measure(row, command, acknowledges)
    except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
        return Measured(ending=f"not measured: {error}")


def run(rows, commands):
    report = Report()
    print(HEADING, flush=True)
    for row in rows:
        if not row.waits:
            report.add(row, [(name, try_measure(row, command, acknowledges))
                             for name, command, acknowledges in contenders(row, commands)])
    with concurrent.futures.ThreadPoolExecutor(RUNS_THAT_WAIT_AT_ONCE) as pool:
        waiting = [(row, [(name, pool.submit(try_measure, row, command, acknowledges))
                          for name, command, acknowledges in contenders(row, commands)])
                   for row in sorted(rows, key=lambda row: -row.waits) if row.waits]
        for row, results in waiting:
            report.add(row, [(name, future.result()) for name, future in results])
    print(report.summary())
    return 1 if report.broken or not report.judged else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--quick", action="store_true", help="the rows that tell most in the least time")
    parser.add_argument("--only", default="", help="the rows whose names contain this")
    parser.add_argument("--alone", action="store_true", help="without the other servers")
    arguments = parser.parse_args()

    programs = arguments.build / "tests" / "attacks"
    commands = {RHEI: str(programs / "attack_victim")}
    if not arguments.alone:
        commands["gRPC C++"] = str(programs / "grpc" / "attack_grpc_victim")
        if shutil.which("nghttpd"):
            commands["nghttpd"] = "nghttpd --no-tls --echo-upload -a 127.0.0.1 {port}"
        else:
            print("install nghttp2-server to see nghttpd beside rhei: it is left out")
    rows = [row for row in ROWS if arguments.only in row.name and (row.quick or not arguments.quick)]
    return run(rows, commands)


if __name__ == "__main__":
    sys.exit(main())
