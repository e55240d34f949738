"""The benchmarks `blocking`, one thread that waits for each call, and `in_process`, calls without a socket on one core."""

from . import report
from .processes import Server, require_program, run_for_json

# System -> (server program, client program).
PROGRAMS = {
    "rhei": ("unary_rhei_server", "unary_rhei_blocking_client"),
    "grpc-c++": ("unary_grpc_sync_server", "unary_grpc_sync_client"),
    # What remains of a round trip without any RPC; its client blocks too.
    "tcp": ("unary_tcp_server", "unary_tcp_client"),
}
SYSTEMS = tuple(PROGRAMS)
CASE = "1-thread"

IN_PROCESS_PROGRAMS = {"rhei": "in_process_rhei", "grpc-c++": "in_process_grpc"}
IN_PROCESS_SYSTEMS = tuple(IN_PROCESS_PROGRAMS)
# Case -> calls in flight.
IN_PROCESS_CASES = {"1-in-flight": 1, "100-in-flight": 100}


def _run_once(settings, system):
    server_name, client_name = PROGRAMS[system]
    with Server([settings.programs / server_name, "--port", 0, "--cpu", settings.server_cpu]) as server:
        return run_for_json(
            [settings.programs / client_name, "--port", server.port, "--cpu", settings.client_cpu,
             "--seconds", settings.seconds, "--warmup", settings.warmup, "--server-pid", server.pid],
            timeout=settings.seconds + settings.warmup + 30)


def run(settings):
    """Returns the content of the JSON file."""
    systems = settings.choose(SYSTEMS, SYSTEMS)
    for system in systems:
        for program in PROGRAMS[system]:
            require_program(settings.programs / program)
    pairs = {}
    rows = report.interleaved(settings, "blocking", CASE, systems, lambda system: _run_once(settings, system), pairs=pairs)
    return {"rows": rows, "pairs": pairs, "ratios": report.ratios(rows)}


def run_in_process(settings):
    """Returns the content of the JSON file. Client and server are one process, whose CPU time is the client's."""
    systems = settings.choose(IN_PROCESS_SYSTEMS, IN_PROCESS_SYSTEMS)
    rows = []
    for case, in_flight in IN_PROCESS_CASES.items():

        def once(system, in_flight=in_flight):
            program = require_program(settings.programs / IN_PROCESS_PROGRAMS[system])
            return run_for_json([program, "--cpu", settings.client_cpu, "--in-flight", in_flight,
                                 "--seconds", settings.seconds, "--warmup", settings.warmup],
                                timeout=settings.seconds + settings.warmup + 30)

        rows += report.interleaved(settings, "in_process", case, systems, once)
    return {"rows": rows, "ratios": report.ratios(rows)}
