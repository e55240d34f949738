"""The servers under attack as processes, and what they use of the machine."""

import contextlib
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import threading
import time

SECONDS_TO_LISTEN = 20
SECONDS_TO_STOP = 20
PAGE = 4096


def high_water(status):
    """VmHWM of a process's status file, in bytes: the most memory it held since its mark was reset."""
    return int(re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE).group(1)) * 1024


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Server:
    """One server; use it with `with`. After that, `exit_code`, `most_handlers`, `started_handlers` and `abuses`, which
    counts by kind, tell how it went.

    A command with {port} in it is told the port, any other prints "listening on PORT" as its first line.
    """

    def __init__(self, command, descriptors=None):
        self.told_port = free_port() if "{port}" in command else None
        self.command = shlex.split(command.format(port=self.told_port))
        if descriptors:
            self.command = ["prlimit", f"--nofile={descriptors}:{descriptors}", *self.command]
        self.port = None
        self.exit_code = None
        self.most_handlers = None
        self.started_handlers = None
        self.most_late = None  # seconds, of deadlines on their way to handlers
        self.abuses = None  # of a server that does not count

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = self.await_port() if self.told_port is None else self.await_told_port()
        if self.port is None:
            self.process.kill()
            self.process.communicate()
            raise RuntimeError(f"make the server print 'listening on PORT' first: {self.command} did not")
        return self

    def await_port(self):
        watchdog = threading.Timer(SECONDS_TO_LISTEN, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline()
        watchdog.cancel()
        found = re.fullmatch(r"listening on (\d+)", line.strip())
        return int(found.group(1)) if found else None

    def await_told_port(self):
        deadline = time.monotonic() + SECONDS_TO_LISTEN
        while time.monotonic() < deadline and self.alive():
            if listens(self.told_port):
                return self.told_port
            threading.Event().wait(0.01)
        return None

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Has the server stop as SIGTERM does, and reads what it says; once."""
        if self.exit_code is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            output, _ = self.process.communicate(timeout=SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            output, _ = self.process.communicate()
        self.exit_code = self.process.returncode
        found = re.search(r"at most (\d+) handlers", output)
        self.most_handlers = int(found.group(1)) if found else None
        found = re.search(r"(\d+) handlers started", output)
        self.started_handlers = int(found.group(1)) if found else None
        late = re.search(r"at most (\d+) us late", output)
        self.most_late = int(late.group(1)) / 1e6 if late else None
        if found:
            abuses = re.findall(r"^abuse (\w+) (\d+)$", output, re.MULTILINE)
            self.abuses = {kind: int(count) for kind, count in abuses}

    def alive(self):
        return self.process.poll() is None

    def cpu_seconds(self):
        """What the process has used of processors so far, by all of its threads; None once it has ended."""
        with contextlib.suppress(OSError):
            return time.clock_gettime((~self.process.pid << 3) | 2)
        return None

    def memory(self):
        """Bytes resident now; None once the process has ended."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * PAGE
        return None

    def reset_high_water(self):
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def high_water(self):
        with contextlib.suppress(OSError, AttributeError):
            return high_water(pathlib.Path(f"/proc/{self.process.pid}/status").read_text())
        return None
