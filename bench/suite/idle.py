"""The benchmark `idle`: what a connection costs the server's memory, five seconds after its one call."""

import json
import resource
import statistics
import subprocess
import time

from . import report
from .processes import Failure, Server, require_program, resident_bytes

CONNECTIONS = 9_000
QUICK_CONNECTIONS = 1_000
IDLE_SECONDS = 5
SPARE_DESCRIPTORS = 200
PROGRAMS = {"rhei": "unary_rhei_server", "grpc-c++": "unary_grpc_server"}


def _raise_descriptor_limit(connections):
    """For this process and the programs that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + SPARE_DESCRIPTORS
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise Failure(f"idle needs {needed} file descriptors a process; the hard limit is {hard} (ulimit -Hn)")
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def _bytes_per_connection(settings, program, connections):
    client_program = require_program(settings.programs / "idle_client")
    with Server([program, "--port", 0, "--cpu", settings.server_cpu]) as server:
        before = resident_bytes(server.pid)
        client = subprocess.Popen(
            [client_program, "--port", str(server.port), "--cpu", str(settings.client_cpu),
             "--connections", str(connections)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            line = client.stdout.readline()
            if not line or json.loads(line)["connections"] != connections:
                raise Failure(f"{client_program} could not open {connections} connections to {program}")
            time.sleep(IDLE_SECONDS)
            return (resident_bytes(server.pid) - before) / connections
        finally:
            client.stdin.close()
            client.wait()
            client.stdout.close()


def run(settings):
    """Returns the content of the JSON file. Here a ratio is of bytes: below 1, rhei needs less."""
    connections = QUICK_CONNECTIONS if settings.quick else CONNECTIONS
    _raise_descriptor_limit(connections)
    systems = settings.choose(tuple(PROGRAMS), tuple(PROGRAMS))
    figures = {system: [] for system in systems}
    rounds = min(settings.rounds, 3)
    for number in range(rounds):
        for system in systems:
            program = require_program(settings.programs / PROGRAMS[system])
            figures[system].append(_bytes_per_connection(settings, program, connections))
            settings.progress(f"idle round {number + 1}/{rounds} {system}: "
                              f"{figures[system][-1]:,.0f} bytes a connection")
    rows = [{"case": f"idle-{connections}", "system": system,
             "bytes_per_connection": round(statistics.median(values))} for system, values in figures.items()]
    return {"rows": rows, "ratios": report.ratios(rows, key="bytes_per_connection")}
