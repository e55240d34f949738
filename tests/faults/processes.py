"""The processes of the scenarios, beside the server of tests/attacks: honest clients under load, and control groups."""

import collections
import contextlib
import dataclasses
import json
import os
import pathlib
import shlex
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "attacks"))

import frames  # noqa: E402
from honest import HonestClient  # noqa: E402

ECHO = "/attack.Victim/Echo"
RUNNING = frames.request_block(b"/attack.Victim/Running")
MIB = 1024 * 1024


class CannotRun(Exception):
    """What this machine lacks for a scenario."""


@dataclasses.dataclass
class Call:
    begin: float  # seconds of the monotonic clock
    took: float  # seconds
    status: str

    def end(self):
        return self.begin + self.took


class Load:
    """fault_load as a process. After the `with` block, `calls` holds what became of each."""

    def __init__(self, programs, port, calls_per_second=200, timeout_ms=1000, path=ECHO, size=1024, connections=1,
                 prefix=(), environment=None):
        self.command = [*prefix, str(programs / "faults" / "fault_load"), str(port), str(calls_per_second),
                        str(timeout_ms), path, str(size), str(connections)]
        self.environment = {**os.environ, **(environment or {})}
        self.calls = []

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=self.environment, text=True)
        if not self.process.stdout.readline():
            self.process.communicate()
            raise RuntimeError(f"the clients could not begin: {shlex.join(self.command)}")
        return self

    def __exit__(self, *_):
        output, _ = self.process.communicate(timeout=60)
        with contextlib.suppress(ValueError):
            self.calls = [Call(*call) for call in json.loads(output)]


def statuses(calls):
    """How many ended with each status, as text: "OK 312, UNAVAILABLE 1"."""
    counts = collections.Counter(call.status for call in calls)
    return ", ".join(f"{status} {count}" for status, count in sorted(counts.items())) or "no calls"


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def milliseconds(seconds):
    return f"{seconds * 1000:.1f} ms"


class Observer:
    """A connection of its own that asks the server how it is."""

    def __init__(self, port):
        self.client = HonestClient(port)

    def running(self):
        """How many handlers run that take their time."""
        return int(self.client.ask(RUNNING, frames.message(b""))[5:])

    def close(self):
        self.client.socket.close()


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class MemoryGroup:
    """A control group with a memory limit, of version 1 or 2. `command` runs a command inside of it."""

    # Where groups of each version lie, and the file of the limit.
    ROOTS = ((pathlib.Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
             (pathlib.Path("/sys/fs/cgroup"), "memory.max"))

    def __init__(self, limit):
        self.limit = limit

    def __enter__(self):
        for root, file in self.ROOTS:
            self.path = root / f"rhei-faults-{os.getpid()}"
            try:
                self.path.mkdir()
            except OSError:
                continue
            try:
                (self.path / file).write_text(str(self.limit))
                return self
            except OSError:
                self.path.rmdir()
        raise CannotRun("needs the right to make a control group with a memory limit")

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.path.rmdir()

    def command(self, command):
        return shlex.join(["sh", "-c", f"echo $$ > {shlex.quote(str(self.path / 'cgroup.procs'))}; exec {command}"])
