"""The benchmark `h2load`: a load generator that is nobody's own drives each server.

nghttpd serves a file of 16 bytes to plain GET requests; the gRPC servers answer a unary call with a body of 16 bytes.
"""

import contextlib
import pathlib
import re
import socket
import subprocess
import tempfile

from . import report
from .processes import Failure, Server, cpu_seconds, require_program, wait_until

CASE = "h2load-10x100"
CONNECTIONS, IN_FLIGHT = 10, 100
BODY = b"x" * 16
MESSAGE = bytes([0x0A, len(BODY)]) + BODY  # Payload{body}
GRPC_BODY = bytes([0]) + len(MESSAGE).to_bytes(4, "big") + MESSAGE
CALIBRATION_REQUESTS = 20_000

GRPC_SERVERS = {"rhei": "unary_rhei_server", "grpc-c++": "unary_grpc_server"}
DEFAULT_SYSTEMS = ("rhei", "grpc-c++", "nghttpd")


class _Nghttpd:
    """nghttpd on one core with one thread, like a Server; it cannot choose a port by itself."""

    def __init__(self, cpu, folder):
        self._cpu, self._folder = cpu, folder

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._process = subprocess.Popen(
            ["taskset", "-c", str(self._cpu), "nghttpd", "--no-tls", "-n", "1", "-a", "127.0.0.1",
             "-d", str(self._folder), str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pid = self._process.pid
        try:
            wait_until(self._accepts, 10, "nghttpd accepts connections (is nghttp2-server installed?)")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()

    def _accepts(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def _start(settings, system, folder):
    if system == "nghttpd":
        return _Nghttpd(settings.server_cpu, folder)
    program = require_program(settings.programs / GRPC_SERVERS[system])
    return Server([program, "--port", 0, "--cpu", settings.server_cpu])


def _drive(settings, system, port, folder, requests, log=None):
    """One run of h2load. Returns (requests per second, requests that failed)."""
    command = ["taskset", "-c", str(settings.client_cpu), "h2load", "-t", "1", "-c", str(CONNECTIONS),
               "-m", str(IN_FLIGHT), "-n", str(requests)]
    command += [f"--log-file={log}"] if log else []
    if system == "nghttpd":
        command += [f"http://127.0.0.1:{port}/file"]
    else:
        command += ["-H", "content-type: application/grpc", "-H", "te: trailers", "-d", str(folder / "body"),
                    f"http://127.0.0.1:{port}/rhei.bench.Bench/Unary"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    except FileNotFoundError as missing:
        raise Failure(f"{missing.filename} is not installed (nghttp2-client, util-linux)") from None
    return parse(done.stdout, requests, len(BODY) if system == "nghttpd" else len(GRPC_BODY))


def parse(output, requests, reply_bytes):
    """A status of 200 says nothing about a gRPC call, but the reply's body does: each must carry its message."""
    finished = re.search(r"finished in [^,]+, ([\d.]+) req/s", output)
    succeeded = re.search(r"(\d+) succeeded", output)
    data = re.search(r"\((\d+)\) data", output)
    if not (finished and succeeded and data):
        raise Failure(f"h2load printed no result:\n{output}")
    good = min(int(succeeded[1]), int(data[1]) // reply_bytes)
    return float(finished[1]), requests - good


def _quantiles(log):
    """p50 and p99 in microseconds of the requests in a log of h2load."""
    times = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
    return times[len(times) // 2], times[len(times) * 99 // 100]


def _run_once(settings, system, folder):
    """Latencies come from the shorter first run, whose other purpose is to find out how many requests fill the time:
    h2load's log of every request would slow the long one."""
    with _start(settings, system, folder) as server:
        log = folder / "log"
        log.unlink(missing_ok=True)
        rate, _ = _drive(settings, system, server.port, folder, CALIBRATION_REQUESTS, log)
        p50, p99 = _quantiles(log)
        requests = max(CALIBRATION_REQUESTS, int(rate * settings.seconds))
        before = cpu_seconds(server.pid)
        rate, errors = _drive(settings, system, server.port, folder, requests)
        server_cpu = (cpu_seconds(server.pid) - before) * 1e6 / requests
    return {"rps": rate, "p50_us": p50, "p99_us": p99, "server_cpu_us": server_cpu, "client_cpu_us": None,
            "errors": errors}


def run(settings):
    """All systems, interleaved round by round. Returns the content of the JSON file."""
    systems = settings.choose(DEFAULT_SYSTEMS, DEFAULT_SYSTEMS)
    runs = {system: [] for system in systems}
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "file").write_bytes(BODY)
        (folder / "body").write_bytes(GRPC_BODY)
        for number in range(settings.rounds):
            for system in systems:
                runs[system].append(_run_once(settings, system, folder))
                settings.progress(f"h2load round {number + 1}/{settings.rounds} {system}: "
                                  f"{runs[system][-1]['rps']:,.0f}/s")
    rows = [report.median_row(CASE, system, of_system) for system, of_system in runs.items()]
    return {"rows": rows, "ratios": report.ratios(rows)}
