"""What quiet costs the server's memory: a connection five seconds after its one call (the benchmark `idle`), and a stream that
stays open five seconds after its one message was answered (`streams_idle`), or that is over.
"""

import json
import statistics
import subprocess
import time

from . import report
from .processes import Failure, Server, raise_descriptor_limit, require_program, resident_bytes

CONNECTIONS = 9_000
QUICK_CONNECTIONS = 1_000
IDLE_SECONDS = 5
QUICK_IDLE_SECONDS = 1
PROGRAMS = {"rhei": "unary_rhei_server", "grpc-c++": "unary_grpc_server"}


def _grown_bytes(settings, server, connections, *client_flags):
    """How much larger the server has become by so many quiet connections."""
    client_program = require_program(settings.programs / "idle_client")
    before = resident_bytes(server.pid)
    client = subprocess.Popen(
        [client_program, "--port", str(server.port), "--cpu", str(settings.client_cpu),
         "--connections", str(connections), *client_flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        line = client.stdout.readline()
        if not line or json.loads(line)["connections"] != connections:
            raise Failure(f"{client_program} could not open {connections} connections to {server.command[0]}")
        time.sleep(QUICK_IDLE_SECONDS if settings.quick else IDLE_SECONDS)
        return resident_bytes(server.pid) - before
    finally:
        client.stdin.close()
        client.wait()
        client.stdout.close()


def _bytes_per_connection(settings, program, connections):
    with Server([program, "--port", 0, "--cpu", settings.server_cpu]) as server:
        return _grown_bytes(settings, server, connections) / connections


def run(settings):
    """Returns the content of the JSON file. Here a ratio is of bytes: below 1, rhei needs less."""
    connections = QUICK_CONNECTIONS if settings.quick else CONNECTIONS
    raise_descriptor_limit(connections)
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


# Case -> (connections, streams on each, what a server must be told to allow so many).
STREAM_CASES = {"10-connections-1000-streams": (10, 1_000, ()),
                "1-connection-10000-streams": (1, 10_000, ("--max-streams", 10_000))}
QUICK_STREAM_CASES = ("10-connections-1000-streams",)
STREAM_PROGRAMS = {"rhei": "streaming_rhei_server", "grpc-c++": "streaming_grpc_server"}
# gRPC C++ has no limit to raise, and only rhei knows the size of a handler's frame.
FRAME_KNOWN = "rhei"
# Streams on one connection, each over before the next one begins: what so many leave behind that a few do not.
FEW_IN_TURN = 1_000
MANY_IN_TURN = 1_000_000
QUICK_IN_TURN = 5_000


def _stream_figures(settings, system, case):
    """Bytes for each stream, and of these the frame of the handler's coroutine where that is known."""
    connections, streams, raised = STREAM_CASES[case]
    program = require_program(settings.programs / STREAM_PROGRAMS[system])
    flags = ["--report-frame", 1, *raised] if system == FRAME_KNOWN else []
    with Server([program, "--port", 0, "--cpu", settings.server_cpu, *flags]) as server:
        grown = _grown_bytes(settings, server, connections, "--streams", str(streams), "--path", "/rhei.bench.Bench/Echo")
        frame = int(server.read_line().removeprefix("handler frame ")) if system == FRAME_KNOWN else None
    return grown / (connections * streams), frame


def left_by_each(few, grown_by_few, many, grown_by_many):
    """Bytes that one stream leaves behind, from how much larger two servers have become."""
    return round((grown_by_many - grown_by_few) / (many - few), 3)


def _left_by_streams_in_turn(settings, system, many):
    program = require_program(settings.programs / STREAM_PROGRAMS[system])
    grown = []
    for streams in (FEW_IN_TURN, many):
        with Server([program, "--port", 0, "--cpu", settings.server_cpu]) as server:
            grown.append(_grown_bytes(settings, server, 1, "--calls", str(streams), "--path", "/rhei.bench.Bench/Echo"))
    return left_by_each(FEW_IN_TURN, grown[0], many, grown[1])


def stream_row(case, system, figures):
    """A row from (bytes a stream, bytes of the handler's frame or None) of each round."""
    bytes_per_stream = round(statistics.median(total for total, _ in figures))
    frame = figures[0][1]
    return {"case": case, "system": system, "bytes_per_stream": bytes_per_stream, "handler_frame": frame,
            "without_frame": bytes_per_stream - frame if frame is not None else None}


def run_streams(settings):
    """Streams that are open and quiet, or over. Returns the content of the JSON file; a ratio is of bytes."""
    systems = settings.choose(tuple(STREAM_PROGRAMS), tuple(STREAM_PROGRAMS))
    rounds = min(settings.rounds, 3)
    rows = []
    for case in QUICK_STREAM_CASES if settings.quick else STREAM_CASES:
        figures = {system: [] for system in systems}
        for number in range(rounds):
            for system in systems:
                figures[system].append(_stream_figures(settings, system, case))
                settings.progress(f"streams_idle {case} round {number + 1}/{rounds} {system}: "
                                  f"{figures[system][-1][0]:,.0f} bytes a stream")
        rows += [stream_row(case, system, of_system) for system, of_system in figures.items()]
    ratios = report.ratios(rows, key="bytes_per_stream")
    # Ratios of nothing say nothing.
    many = QUICK_IN_TURN if settings.quick else MANY_IN_TURN
    for system in systems:
        rows.append(stream_row(f"{many}-streams-in-turn", system, [(0, None)]))
        rows[-1]["bytes_per_stream"] = _left_by_streams_in_turn(settings, system, many)
        settings.progress(f"streams_idle {rows[-1]['case']} {system}: {rows[-1]['bytes_per_stream']} bytes left by each")
    return {"rows": rows, "ratios": ratios}
