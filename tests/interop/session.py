"""One client against one server: their processes, and the end and restart of the server that the client asks for."""

import pathlib
import re
import signal
import subprocess
import threading

STOP = "stop the server"
KILL = "kill the server"
START = "start the server"

SECONDS_TO_LISTEN = 30
SECONDS_TO_STOP = 30
SECONDS_PER_CLIENT = 180

# A Java program that SIGTERM ends exits with 128 + 15 even after a clean shutdown.
GOOD_EXITS = (0, 143)


class ServerError(Exception):
    """A server did not start or stop as it must."""


class Server:
    """A server of one of the languages. Stops with the `with` block, if it has not been stopped."""

    def __init__(self, command, folder, log):
        self.command = command
        self.folder = folder
        self.log = log
        self.port = 0
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        if self.process is None:
            return
        if kind is None:
            self.stop()
        else:
            self.kill()

    def start(self):
        """Starts it on the port that it had before, or the first time on one that the system picks."""
        if self.process is not None:
            raise ServerError("the client asked for the start of a server that runs")
        self.process = subprocess.Popen([*self.command, str(self.port)], cwd=self.folder, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)
        with watchdog(self.process, SECONDS_TO_LISTEN):
            line = self.process.stdout.readline().strip()
        found = re.fullmatch(r"listening on (\d+)", line)
        if not found:
            self.kill()
            raise ServerError(f"the server printed '{line}' instead of 'listening on PORT'")
        self.port = int(found.group(1))

    def stop(self):
        process = self.release()
        with process.stdout:
            process.send_signal(signal.SIGTERM)
            try:
                code = process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise ServerError(f"the server still ran {SECONDS_TO_STOP} seconds after SIGTERM") from None
        if code not in GOOD_EXITS:
            raise ServerError(f"the server ended with exit code {code} after SIGTERM")

    def kill(self):
        process = self.release()
        with process.stdout:
            process.kill()
            process.wait()

    def release(self):
        if self.process is None:
            raise ServerError("the client asked for the end of a server that does not run")
        process, self.process = self.process, None
        return process


class watchdog:
    """Kills a process if the `with` block takes longer than it may."""

    def __init__(self, process, seconds):
        self.timer = threading.Timer(seconds, self.bite)
        self.process = process
        self.bit = False

    def bite(self):
        self.bit = True
        self.process.kill()

    def __enter__(self):
        self.timer.start()
        return self

    def __exit__(self, *_):
        self.timer.cancel()


def tell(client, what):
    client.stdin.write(what + "\n")
    client.stdin.flush()


def converse(client, server, row):
    """Reads a client's lines to their end, and does with the server what it asks for."""
    for line in client.stdout:
        line = line.rstrip("\n")
        if line == STOP:
            server.stop()
            tell(client, "stopped")
        elif line == KILL:
            server.kill()
            tell(client, "killed")
        elif line == START:
            server.start()
        elif not row.take(line):
            row.troubles.append(f"the client printed '{line}'")


def run_client(command, folder, log, server, row):
    """Runs a client to its end; the row takes the outcomes."""
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                          text=True) as client:
        with watchdog(client, SECONDS_PER_CLIENT) as limit:
            try:
                converse(client, server, row)
            except (ServerError, BrokenPipeError) as error:
                client.kill()
                row.troubles.append(str(error))
            code = client.wait()
    if limit.bit:
        row.troubles.append(f"the client still ran after {SECONDS_PER_CLIENT} seconds")
    elif code != 0 and not row.troubles and all(outcome == "" for outcome in row.outcomes.values()):
        row.troubles.append(f"the client ended with exit code {code}")


def run_row(client, server, arguments, log_path, row):
    """Runs one row. A client and a server are pairs of a command and its folder."""
    pathlib.Path(log_path).parent.mkdir(parents=True, exist_ok=True)
    with open(log_path, "wb") as log:
        try:
            with Server(*server, log) as running:
                command = [*client[0], f"127.0.0.1:{running.port}", *arguments]
                run_client(command, client[1], log, running, row)
        except (ServerError, OSError) as error:
            row.troubles.append(str(error))
    return row
