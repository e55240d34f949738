"""The benchmark `unary`: a closed loop of small unary calls, the server on one core and the client on another."""

from . import peers, plot, report
from .processes import Server, raise_descriptor_limit, require_program, run_for_json

CASES = {"1x1": (1, 1), "1x100": (1, 100), "10x100": (10, 100), "1000x1": (1_000, 1)}

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
DEFAULT_SYSTEMS = ("rhei", "grpc-c++", *peers.PEERS, "frames", "tcp", "rhei" + BUSY_POLL, "frames" + BUSY_POLL,
                   "tcp" + BUSY_POLL)
KNOWN_SYSTEMS = DEFAULT_SYSTEMS + ("grpc-c++-completion-queue",)
# Where spinning is measured: where one has to sleep otherwise.
BUSY_POLL_CASES = ("1x1", "1x100")
# A just-in-time compiler needs calls before it has compiled what they take.
WARMUP_SECONDS = {"grpc-java": 10.0}
# Connections are made during the warm-up.
CONNECTIONS_A_SECOND = 2_000

# What benchmark `deadlines` adds to each call: a deadline that is not reached, and metadata both ways.
DEADLINE_SYSTEMS = ("rhei", "grpc-c++")
DEADLINE_SERVER = ("--metadata", 4)
DEADLINE_CLIENT = ("--metadata", 4, "--deadline", 10_000)


def prepare(settings, systems):
    """Builds the peers among the systems; a Failure if a program is not there."""
    for system in systems:
        if system in peers.PEERS:
            peers.build(system, settings.progress)
        else:
            for program in PROGRAMS[system.removesuffix(BUSY_POLL)]:
                require_program(settings.programs / program)


def _command(settings, system, side, cpu):
    if system in peers.PEERS:
        return peers.command(system, side, cpu)
    program = PROGRAMS[system.removesuffix(BUSY_POLL)][0 if side == "server" else 1]
    spin = ["--busy-poll", SPIN_MICROSECONDS] if system.endswith(BUSY_POLL) else []
    return [settings.programs / program, "--cpu", cpu, *spin]


def run_once(settings, system, load, server_flags=(), client_flags=()):
    """One server, one client, one window; the figures of a row. A load is (connections, calls in flight on each)."""
    connections, in_flight = load
    raise_descriptor_limit(connections)
    warmup = settings.warmup + connections / CONNECTIONS_A_SECOND
    warmup = max(warmup, settings.shorter(WARMUP_SECONDS.get(system, 0)))
    with Server([*_command(settings, system, "server", settings.server_cpu), "--port", 0, *server_flags]) as server:
        return run_for_json(
            [*_command(settings, system, "client", settings.client_cpu), "--port", server.port,
             "--connections", connections, "--in-flight", in_flight,
             "--seconds", settings.seconds, "--warmup", warmup, "--payload", PAYLOAD_BYTES,
             "--server-pid", server.pid, *client_flags],
            timeout=settings.seconds + warmup + 60)


def _applies(system, case):
    return case in BUSY_POLL_CASES or not system.endswith(BUSY_POLL)


def run(settings):
    """Plain calls. Returns the content of the JSON file."""
    return _run_cases(settings, "unary", settings.choose(DEFAULT_SYSTEMS, KNOWN_SYSTEMS))


def run_deadlines(settings):
    """The same calls with a deadline of 10 s, and four pairs of metadata each way."""
    return _run_cases(settings, "deadlines", settings.choose(DEADLINE_SYSTEMS, DEADLINE_SYSTEMS),
                      DEADLINE_SERVER, DEADLINE_CLIENT)


def _run_cases(settings, name, systems, server_flags=(), client_flags=()):
    """All cases, the systems interleaved round by round."""
    prepare(settings, systems)
    rows, pairs = [], {}
    for case, load in CASES.items():
        chosen = [system for system in systems if _applies(system, case)]

        def once(system, load=load):
            return run_once(settings, system, load, server_flags, client_flags)

        rows += report.interleaved(settings, name, case, chosen, once, pairs=pairs)
    return {"rows": rows, "pairs": pairs, **all_ratios(rows)}


def all_ratios(rows):
    """Spinning systems are compared apart: they buy speed with a whole core."""
    sleeping = [row for row in rows if not row["system"].endswith(BUSY_POLL)]
    spinning = [row for row in rows if row["case"] in BUSY_POLL_CASES and row["system"] != "rhei"]
    return {"ratios": report.ratios(sleeping), "busy_poll_ratios": report.ratios(spinning, "rhei" + BUSY_POLL)}


# Those of the picture, and the case that it shows.
LABELS = {"rhei": "rhei", "grpc-c++": "gRPC C++", "grpc-go": "grpc-go", "tonic": "tonic", "grpc-java": "grpc-java",
          "frames": "bare frames"}
SHOWN_CASE = "10x100"


def picture(content):
    """CPU time for each call by system, as SVG."""
    shown = [row for row in content["rows"] if row["case"] == SHOWN_CASE and row["system"] in LABELS]
    panels = [(f"Microseconds of {side} CPU a call, {SHOWN_CASE}",
               [(row["system"], LABELS[row["system"]], row[key], f"{row[key]:.2f}") for row in shown if row[key]])
              for side, key in (("server", "server_cpu_us"), ("client", "client_cpu_us"))]
    panels.append((f"Calls a second, {SHOWN_CASE}", [(row["system"], LABELS[row["system"]], row["rps"], f"{row['rps']:,.0f}")
                                                   for row in shown]))
    return plot.bar_charts("What a unary call costs", [panel for panel in panels if panel[1]],
                           plot.notes_of(content))
