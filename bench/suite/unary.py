"""The benchmark `unary`: a closed loop of small unary calls, the server on one core and the client on another."""

from . import report
from .processes import Server, require_program, run_for_json

CASES = {"1x1": (1, 1), "1x100": (1, 100), "10x100": (10, 100)}

# Long enough that a spinning program never sleeps while the load runs.
SPIN_MICROSECONDS = 1_000_000
PAYLOAD_BYTES = 16
BUSY_POLL = "-busy-poll"

# System -> (server program, client program).
PROGRAMS = {
    "rhei": ("unary_rhei_server", "unary_rhei_client"),
    "grpc-c++": ("unary_grpc_server", "unary_grpc_client"),
    "frames": ("unary_frames_server", "unary_frames_client"),
    "tcp": ("unary_tcp_server", "unary_tcp_client"),
    # Only when asked for by --systems: gRPC's other kind of server.
    "grpc-c++-completion-queue": ("unary_grpc_cq_server", "unary_grpc_client"),
}
DEFAULT_SYSTEMS = ("rhei", "grpc-c++", "frames", "tcp", "rhei" + BUSY_POLL, "tcp" + BUSY_POLL)
KNOWN_SYSTEMS = DEFAULT_SYSTEMS + ("grpc-c++-completion-queue", "frames" + BUSY_POLL)


# What benchmark `deadlines` adds to each call: a deadline that is not reached, and metadata both ways.
DEADLINE_SYSTEMS = ("rhei", "grpc-c++")
DEADLINE_SERVER = ("--metadata", 4)
DEADLINE_CLIENT = ("--metadata", 4, "--deadline", 10_000)


def _run_once(settings, system, case, server_flags=(), client_flags=()):
    """One server, one client, one window; the figures of a row."""
    server_name, client_name = PROGRAMS[system.removesuffix(BUSY_POLL)]
    spin = ["--busy-poll", SPIN_MICROSECONDS] if system.endswith(BUSY_POLL) else []
    connections, in_flight = CASES[case]
    with Server([settings.programs / server_name, "--port", 0, "--cpu", settings.server_cpu, *spin,
                 *server_flags]) as server:
        run = run_for_json(
            [settings.programs / client_name, "--port", server.port, "--cpu", settings.client_cpu,
             "--connections", connections, "--in-flight", in_flight,
             "--seconds", settings.seconds, "--warmup", settings.warmup, "--payload", PAYLOAD_BYTES,
             "--server-pid", server.pid, *spin, *client_flags],
            timeout=settings.seconds + settings.warmup + 30)
    run["rps"] = run["requests"] / run["seconds"]
    return run


def _applies(system, case):
    return case == "1x1" or not system.endswith(BUSY_POLL)


def run(settings):
    """Plain calls. Returns the content of the JSON file."""
    return _run_cases(settings, "unary", settings.choose(DEFAULT_SYSTEMS, KNOWN_SYSTEMS))


def run_deadlines(settings):
    """The same calls with a deadline of 10 s, and four pairs of metadata each way."""
    return _run_cases(settings, "deadlines", settings.choose(DEADLINE_SYSTEMS, DEADLINE_SYSTEMS),
                      DEADLINE_SERVER, DEADLINE_CLIENT)


def _run_cases(settings, name, systems, server_flags=(), client_flags=()):
    """All cases, the systems interleaved round by round."""
    for system in systems:
        for program in PROGRAMS[system.removesuffix(BUSY_POLL)]:
            require_program(settings.programs / program)
    rows = []
    for case in CASES:
        runs = {system: [] for system in systems if _applies(system, case)}
        for number in range(settings.rounds):
            for system in runs:
                runs[system].append(_run_once(settings, system, case, server_flags, client_flags))
                settings.progress(f"{name} {case} round {number + 1}/{settings.rounds} {system}: "
                                  f"{runs[system][-1]['rps']:,.0f}/s")
        rows += [report.median_row(case, system, of_system) for system, of_system in runs.items()]
    return {"rows": rows, **all_ratios(rows)}


def all_ratios(rows):
    """Spinning systems are compared apart: they buy speed with a whole core."""
    sleeping = [row for row in rows if not row["system"].endswith(BUSY_POLL)]
    spinning = [row for row in rows if row["case"] == "1x1" and row["system"] != "rhei"]
    return {"ratios": report.ratios(sleeping), "busy_poll_ratios": report.ratios(spinning, "rhei" + BUSY_POLL)}
