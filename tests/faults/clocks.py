"""Time that stands still, for a server or its clients, and clocks on the wall that jump."""

import contextlib
import os
import signal
import tempfile
import time

from judging import MOST_LATE, pause, victim
from processes import CannotRun, Load, descriptors, milliseconds, statuses

import frames
from attacker import Attacker
from servers import Server

STOPPED = 12  # seconds: more than what a connection has for its settings


def stopped_server(programs, report):
    """S12: the server is stopped for longer than its timers, and goes on."""
    timeout = 0.5
    with Server(victim(programs)) as server, contextlib.closing(Attacker(server.port, acknowledges=False)) as stranger:
        with Load(programs, server.port, 100, int(timeout * 1000), connections=2) as load:
            pause(1)
            connected = descriptors(load.process.pid)
            server.process.send_signal(signal.SIGSTOP)
            stopped = time.monotonic()
            # What it owes comes in time, and is read late.
            stranger.send(frames.frame(frames.SETTINGS, frames.ACK, 0))
            pause(STOPPED)
            server.process.send_signal(signal.SIGCONT)
            woken = time.monotonic()
            pause(1)
            report.require(descriptors(load.process.pid) == connected, "clients keep their connections")
        stranger.settle()
        report.require(stranger.ending() == "still open",
                       f"what came while it was stopped is read before its time is over: {stranger.ending()}")
    report.require_all_ok([call for call in load.calls if call.end() < stopped])
    lost = [call for call in load.calls if call.begin > stopped and call.end() < woken]
    report.figure(f"while it was stopped {statuses(lost)}")
    report.require({call.status for call in lost} == {"DEADLINE_EXCEEDED"}, "calls end by their deadlines, each once")
    late = max(call.took for call in lost) - timeout
    report.require(late <= MOST_LATE, f"and within 10 ms: {milliseconds(late)}")
    after = [call for call in load.calls if call.begin > woken + 0.1]
    report.require_all_ok(after)


def stopped_client(programs, report):
    """S12: the clients are stopped for longer than their calls may take, and go on."""
    timeout = 0.5
    with Server(victim(programs)) as server:
        with Load(programs, server.port, 100, int(timeout * 1000)) as load:
            pause(1)
            load.process.send_signal(signal.SIGSTOP)
            stopped = time.monotonic()
            pause(2)
            load.process.send_signal(signal.SIGCONT)
            woken = time.monotonic()
            pause(1)
    across = [call for call in load.calls if call.begin < stopped and call.end() > woken]
    report.figure(f"{len(across)} calls under way when they were stopped; then {statuses(load.calls)}")
    report.require({call.status for call in across} <= {"OK", "DEADLINE_EXCEEDED"}, "each ends, once")
    report.require_all_ok([call for call in load.calls if call.begin > woken])


JUMPS = ("+1h", "-1h", "+1y", "-1y", "+0")


def wall_clock_jumps(programs, report):
    """S12: the wall clock jumps by hours and years on both sides."""
    library = next((path for path in ("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
                                      "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1")
                    if os.path.exists(path)), None)
    if library is None:
        raise CannotRun("needs the package libfaketime")
    with tempfile.NamedTemporaryFile("w") as clock:
        environment = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": clock.name, "FAKETIME_NO_CACHE": "1",
                       "DONT_FAKE_MONOTONIC": "1"}

        def jump(offset):
            clock.seek(0)
            clock.truncate()
            clock.write(offset)
            clock.flush()

        jump("+0")
        names = " ".join(f"{name}={value}" for name, value in environment.items())
        with Server(f"env {names} {victim(programs)}") as server:
            with Load(programs, server.port, 200, 200, environment=environment) as load:
                for offset in JUMPS:
                    jump(offset)
                    pause(0.5)
        report.require(server.exit_code == 0, "the server ends well")
    report.figure(f"{len(load.calls)} calls, jumps by {', '.join(JUMPS)}")
    report.require_all_ok(load.calls)
