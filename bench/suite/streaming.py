"""The benchmark `streaming`: messages on long streams, the server on one core and the client on another.

Echo: each stream keeps so many messages of 16 bytes in flight, and a message counts when it has come back. Bulk: one stream
of messages of 64 KiB from the server.
"""

from . import report
from .processes import Server, require_program, run_for_json

# Case -> (streams on the one connection, messages in flight on each).
ECHO_CASES = {"1-stream-1-in-flight": (1, 1), "100-streams-1-in-flight": (100, 1), "100-streams-10-in-flight": (100, 10)}
BULK = "bulk-64KiB"
CASES = (*ECHO_CASES, BULK)
ECHO_BYTES = 16
BULK_BYTES = 64 * 1024

# System -> (server program, client program).
PROGRAMS = {
    "rhei": ("streaming_rhei_server", "streaming_rhei_client"),
    "grpc-c++": ("streaming_grpc_server", "streaming_grpc_client"),
    "grpc-c++-completion-queue": ("streaming_grpc_cq_server", "streaming_grpc_cq_client"),
    "tcp": ("streaming_tcp_server", "streaming_tcp_client"),
    # With Reno instead of the system's congestion control, as rhei has it within one machine.
    "tcp-reno": ("streaming_tcp_server", "streaming_tcp_client"),
}
# Raw TCP depends strongly on the size of its writes: it runs with each, and the best one counts.
TCP_WRITE_KIB = (16, 32, 64, 128, 256)
TCP_FLAGS = {"tcp": (), "tcp-reno": ("--congestion-control", "reno")}
SYSTEMS = tuple(PROGRAMS)
KEYS = ("messages_per_s", "mb_per_s", "p50_us", "p99_us", "server_cpu_us", "client_cpu_us")


def variants(system, case):
    """What runs for a system in a case: (its name in the table, flags of the server)."""
    if system not in TCP_FLAGS:
        return [(system, ())]
    return [(f"{system}-{size}k", ("--write-size", size * 1024, *TCP_FLAGS[system]))
            for size in TCP_WRITE_KIB] if case == BULK else []


def _load(case):
    """The flags of a client, and the bytes of a message."""
    if case == BULK:
        return ["--method", "download", "--payload", BULK_BYTES], BULK_BYTES
    streams, in_flight = ECHO_CASES[case]
    return ["--method", "echo", "--streams", streams, "--in-flight", in_flight, "--payload", ECHO_BYTES], ECHO_BYTES


def figures(run, message_bytes):
    """The figures of a row from what a client printed. Messages and megabytes each way."""
    rate = run["requests"] / run["seconds"]
    return {**run, "messages_per_s": rate, "mb_per_s": rate * message_bytes / 1e6}


def _run_once(settings, system, case, server_flags):
    """One server, one client, one window."""
    server_name, client_name = PROGRAMS[system]
    load, message_bytes = _load(case)
    with Server([settings.programs / server_name, "--port", 0, "--cpu", settings.server_cpu, *server_flags]) as server:
        run = run_for_json(
            [settings.programs / client_name, "--port", server.port, "--cpu", settings.client_cpu,
             "--seconds", settings.seconds, "--warmup", settings.warmup, "--server-pid", server.pid, *load],
            timeout=settings.seconds + settings.warmup + 30)
    return figures(run, message_bytes)


def ratios(rows):
    """rhei's messages over each peer's; of each kind of raw TCP, the best size of write alone."""
    compared = [row for row in rows if not row["system"].startswith("tcp-")]
    for system in TCP_FLAGS:
        names = [name for name, _ in variants(system, BULK)]
        of_kind = [row for row in rows if row["system"] in names]
        compared += sorted(of_kind, key=lambda row: row["messages_per_s"])[-1:]
    return report.ratios(compared, key="messages_per_s")


def run(settings):
    """All cases, the systems interleaved round by round. Returns the content of the JSON file."""
    systems = settings.choose(SYSTEMS, SYSTEMS)
    for system in systems:
        for program in PROGRAMS[system]:
            require_program(settings.programs / program)
    rows = []
    for case in CASES:
        chosen = [(system, *variant) for system in systems for variant in variants(system, case)]
        runs = {name: [] for _, name, _ in chosen}
        for number in range(settings.rounds):
            for system, name, server_flags in chosen:
                runs[name].append(_run_once(settings, system, case, server_flags))
                settings.progress(f"streaming {case} round {number + 1}/{settings.rounds} {name}: "
                                  f"{runs[name][-1]['messages_per_s']:,.0f}/s")
        rows += [report.median_row(case, name, of_name, KEYS) for name, of_name in runs.items()]
    return {"rows": rows, "ratios": ratios(rows)}
