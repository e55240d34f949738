"""Starting, watching and ending the programs under test."""

import concurrent.futures
import json
import os
import pathlib
import resource
import select
import signal
import subprocess
import time


class Failure(Exception):
    """A benchmark cannot go on; the message says why and what to do."""


def require_program(path):
    """The path as a string, or a Failure that names the program that is missing."""
    if not pathlib.Path(path).is_file():
        raise Failure(f"program missing: {path}; build it, or leave its system out with --systems")
    return str(path)


# What a program has open besides its connections.
SPARE_DESCRIPTORS = 200


def raise_descriptor_limit(connections):
    """Lets this process, and the programs that it starts, have so many connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + SPARE_DESCRIPTORS
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise Failure(f"{connections} connections need {needed} file descriptors a process; the hard limit is {hard} "
                      "(ulimit -Hn)")
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


class Server:
    """A server program, from the start of the `with` block to its end.

    The program prints "listening on PORT" when it is ready, and ends at SIGTERM.
    """

    START_SECONDS = 20
    STOP_SECONDS = 20

    def __init__(self, command):
        self.command = [str(part) for part in command]
        self.port = None
        self._process = None

    @property
    def pid(self):
        return self._process.pid

    def read_line(self):
        """The next line that the program prints, for those that say more than where they listen."""
        ready, _, _ = select.select([self._process.stdout], [], [], self.START_SECONDS)
        return self._process.stdout.readline().rstrip("\n") if ready else ""

    def __enter__(self):
        self._process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        try:
            self.port = self._await_port()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *exception):
        ended_early = self._process.poll()
        self._end()
        if ended_early is not None and exception[0] is None:
            raise Failure(f"{self.command[0]} ended by itself with {ended_early}")

    def _await_port(self):
        line = self.read_line()
        if not line.startswith("listening on "):
            raise Failure(f"{self.command[0]} did not say where it listens, but {line!r}")
        return int(line.split()[-1])

    def _end(self):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(self.STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def run_for_json(command, timeout):
    """Runs a program to its end and returns the JSON object that it prints."""
    command = [str(part) for part in command]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise Failure(f"no end after {timeout:.0f} s: {' '.join(command)}") from None
    if done.returncode != 0:
        raise Failure(f"exit code {done.returncode}: {' '.join(command)}")
    return json.loads(done.stdout)


def run_all_for_json(commands, timeout):
    """The same for programs that run at the same time."""
    with concurrent.futures.ThreadPoolExecutor(len(commands)) as pool:
        return list(pool.map(lambda command: run_for_json(command, timeout), commands))


def cpu_seconds(pid):
    """User and system time of a process, all its threads, in steps of the kernel's clock tick (mostly 10 ms)."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid):
    """Resident memory of a process."""
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def wait_until(condition, seconds, what):
    """Polls until condition() holds; a Failure that names `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(f"{what}: not within {seconds} s")
        time.sleep(0.02)
