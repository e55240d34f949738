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
import os
import pathlib
import re
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
# The honest client's 99th percentile may be twice as long as before, and so much more.
MOST_ADDED_SECONDS = 0.002
# Who takes more of a core than this has to be gone within this time.
MOST_SHARE = 0.1
SECONDS_TO_DISCONNECT = 1.0
MOST_MEASUREMENTS = 3
# What the server still has of an attack when its attacker has left for this long.
SECONDS_TO_GIVE_BACK = 10.0


@dataclasses.dataclass
class Measured:
    """What one attack did to one server."""

    ending: str = ""
    calls: int = 0
    errors: int = 0
    p99_before: float = 0.0  # seconds
    p99_during: float = 0.0
    memory_growth: int | None = None  # bytes, at the highest point; None if the server was gone
    memory_left: int | None = None  # of that, when the attacker had left
    cpu_seconds: float | None = None  # of the server, for the attacker
    seconds: float = 0.0
    most_handlers: int | None = None
    started_handlers: int | None = None
    abuses: dict | None = None  # how often each kind was counted; None for servers that do not count
    exit_code: int | None = 0

    def share(self):
        """Of one core, for as long as the attack lasted."""
        return self.cpu_seconds / self.seconds if self.cpu_seconds and self.seconds else 0.0


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


# Reasons that GOAWAY gives in its own words count by its code; the others by the word itself.
KINDS_BY_CODE = {"FLOW_CONTROL_ERROR": "flow_control_error", "COMPRESSION_ERROR": "compression_error",
                 "PROTOCOL_ERROR": "protocol_error", "STREAM_CLOSED": "protocol_error",
                 "FRAME_SIZE_ERROR": "protocol_error"}


def expected_kind(row, ending):
    """What the server has to have counted, or "" if nothing."""
    found = re.match(r'GOAWAY (\w+) "(.*)"', ending)
    if row.counted or not found or found.group(1) == "NO_ERROR":
        return row.counted
    return KINDS_BY_CODE.get(found.group(1), found.group(2))


def broken_times(row, measured):
    """What it promises of times; judged only where nothing else runs, and more than once when it seems broken."""
    if row.waits or measured.memory_growth is None:
        return
    limit = 2 * measured.p99_before + MOST_ADDED_SECONDS
    if measured.p99_during > limit and not row.honest_work:
        yield (f"honest calls took {measured.p99_during * 1000:.1f} ms at the 99th percentile, and "
               f"{limit * 1000:.1f} ms they may")
    if measured.share() > MOST_SHARE and measured.seconds > SECONDS_TO_DISCONNECT and not row.honest_work:
        yield f"the attack took {100 * measured.share():.0f} % of a core for {measured.seconds:.1f} s"


def broken_promises(row, measured):
    """What rhei promises and did not keep in this row, as texts."""
    yield from broken_times(row, measured)
    kind = expected_kind(row, measured.ending)
    if kind and measured.abuses is not None and not measured.abuses.get(kind):
        yield f"the server did not count {kind}"
    if row.starts and measured.started_handlers is not None and measured.started_handlers > row.starts:
        yield f"{measured.started_handlers} handlers were started, and {row.starts} may"
    if not measured.ending.startswith(row.expected):
        yield f"the attacker was to see {' or '.join(row.expected)}"
    if measured.errors or not measured.calls:
        yield f"{measured.errors} of {measured.calls} honest calls failed"
    if measured.memory_growth is None:
        yield "the server was gone"
    elif measured.memory_growth > row.ceiling:
        yield f"memory grew by more than {row.ceiling / MIB:.1f} MiB"
    if measured.memory_left is not None and measured.memory_left > row.left:
        yield f"{measured.memory_left / MIB:.1f} MiB were not given back within {SECONDS_TO_GIVE_BACK:.0f} s"
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
    # As a stranger's: this thread, which does nothing else, comes after the server and the honest client.
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
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


def memory_left(server, before, most):
    """What it has above `before`, once that is little, or time is up."""
    deadline = time.monotonic() + SECONDS_TO_GIVE_BACK
    while (left := growth(before, server.memory())) is not None and left > most and time.monotonic() < deadline:
        pause(0.1)
    return left


def measure(row, command, acknowledges=True, judged=True):
    """Starts the server, the honest client and then the attack. Waits for memory only where it is judged."""
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
            with concurrent.futures.ThreadPoolExecutor(1) as alone:
                measured.ending = alone.submit(attack, row, server, acknowledges).result()
            end, cpu_end = time.monotonic(), server.cpu_seconds()
            measured.memory_growth = growth(memory, server.high_water()) if server.alive() else None
            pause(SECONDS_AFTER)
        if judged and server.alive():
            measured.memory_left = memory_left(server, memory, row.left)
        measured.seconds = end - start
        if None not in (cpu_begun, cpu_start, cpu_end):
            idle_share = (cpu_start - cpu_begun) / (start - begun)
            measured.cpu_seconds = max(0.0, cpu_end - cpu_start - idle_share * (end - start))
        judge_calls(measured, honest.calls, start, end)
    measured.most_handlers, measured.exit_code = server.most_handlers, server.exit_code
    measured.started_handlers, measured.abuses = server.started_handlers, server.abuses
    return measured


# --- the table --------------------------------------------------------------------------------------------------------

HEADING = (f"  {'server':<12} {'errors/calls':>12} {'p99 before, during':>19} {'memory':>10} {'left':>10} {'CPU':>8}"
           f" {'share':>6}  the attacker saw")


def line(name, measured):
    memory = "-" if measured.memory_growth is None else f"+{measured.memory_growth / MIB:.1f} MiB"
    left = "-" if measured.memory_left is None else f"{measured.memory_left / MIB:+.1f} MiB"
    cpu = "-" if measured.cpu_seconds is None else f"{measured.cpu_seconds * 1000:.0f} ms"
    share = f"{100 * measured.share():.0f} %" if measured.share() else "-"
    times = f"{measured.p99_before * 1000:.1f}, {measured.p99_during * 1000:.1f} ms"
    calls = f"{measured.errors}/{measured.calls}"
    return f"  {name:<12} {calls:>12} {times:>19} {memory:>10} {left:>10} {cpu:>8} {share:>6}  {measured.ending}"


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


def try_measure(row, command, acknowledges, judged):
    """Times that are too long are measured anew: on a machine with more to do, one may be so by chance."""
    try:
        for _ in range(MOST_MEASUREMENTS):
            measured = measure(row, command, acknowledges, judged)
            if measured.abuses is None or not list(broken_times(row, measured)):
                break
        return measured
    except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
        return Measured(ending=f"not measured: {error}")


def run(rows, commands):
    report = Report()
    print(HEADING, flush=True)
    for row in rows:
        if not row.waits:
            report.add(row, [(name, try_measure(row, command, acknowledges, name.startswith(RHEI)))
                             for name, command, acknowledges in contenders(row, commands)])
    with concurrent.futures.ThreadPoolExecutor(RUNS_THAT_WAIT_AT_ONCE) as pool:
        waiting = [(row, [(name, pool.submit(try_measure, row, command, acknowledges, name.startswith(RHEI)))
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
