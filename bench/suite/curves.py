"""The benchmarks that are drawn as curves: `saturation`, `latency`, `connections` and `loops`."""

import os

from . import peers, plot, report, unary
from .processes import Server, require_program, run_all_for_json

LABELS = {"rhei": "rhei", "grpc-c++": "gRPC C++", "grpc-go": "grpc-go", "tonic": "tonic", "grpc-java": "grpc-java",
          "frames": "bare frames"}

# Throughput against streams in flight on one connection.
STREAMS = (1, 4, 16, 64, 256, 1024)
QUICK_STREAMS = (1, 64)
SATURATION_SYSTEMS = ("rhei", "grpc-c++", *peers.PEERS)

# Latency against load: calls a second, whether those before have ended or not, on so many connections.
RATES = (1_000, 5_000, 10_000, 20_000, 30_000, 40_000, 50_000, 100_000, 200_000, 400_000, 800_000, 1_200_000, 1_600_000)
QUICK_RATES = (1_000, 20_000)
LATENCY_SYSTEMS = ("rhei", "grpc-c++")
LATENCY_CONNECTIONS = 10
# The most calls under way on each connection; those that wait for that count from when they were due.
LATENCY_CALLS = 1_000
QUANTILES = {"p50_us": "p50", "p99_us": "p99", "p999_us": "p99.9"}
# A system that does less than this share of what is offered is beyond its limit: its latencies are those of the queue.
KEPT_UP = 0.98

# What a call costs as connections grow, one call in flight on each.
CONNECTIONS = (1, 10, 100, 1_000, 9_000)
QUICK_CONNECTIONS = (1, 100, 1_000)
CONNECTION_SYSTEMS = ("rhei", "grpc-c++", "frames")
# From one number of connections to the next, ten times as large, a cost per call above this many times is a cliff.
CLIFF = 2.0

# A server of so many loops, with as many client processes of one loop each.
LOOPS = (1, 2, 4, 8)
LOOP_LOAD = (10, 100)


def _case(text, number):
    return f"{number}{text}"


def series_of(rows, key, labels=None):
    """[(system, label, [(number of the case, value)])] for the systems of these rows."""
    systems = dict.fromkeys(row["system"] for row in rows)
    return [(system, (labels or LABELS)[system],
             [(int(row["case"].split("-")[0]), row[key]) for row in rows if row["system"] == system and row[key]])
            for system in systems]


def run_saturation(settings):
    """Returns the content of the JSON file."""
    systems = settings.choose(SATURATION_SYSTEMS, SATURATION_SYSTEMS + ("frames",))
    unary.prepare(settings, systems)
    rows = []
    for streams in QUICK_STREAMS if settings.quick else STREAMS:

        def once(system, streams=streams):
            return unary.run_once(settings, system, (1, streams))

        rows += report.interleaved(settings, "saturation", _case("-in-flight", streams), systems, once)
    return {"rows": rows, "ratios": report.ratios(rows)}


def saturation_picture(content):
    return plot.line_chart(
        "Unary calls a second against calls in flight", "calls in flight on one connection", "calls a second",
        series_of(content["rows"], "rps"), plot.notes_of(content))


def run_latency(settings):
    """The open loop: a system that no longer keeps up is not asked for more."""
    systems = settings.choose(LATENCY_SYSTEMS, LATENCY_SYSTEMS)
    unary.prepare(settings, systems)
    rows = []
    for rate in QUICK_RATES if settings.quick else RATES:

        def once(system, rate=rate):
            # The client spins, so that calls leave when they are due; the server sleeps as ever.
            spin = ["--busy-poll", unary.SPIN_MICROSECONDS] if system == "rhei" else []
            return unary.run_once(settings, system, (LATENCY_CONNECTIONS, LATENCY_CALLS),
                                  client_flags=["--rate", rate, *spin])

        rows += report.interleaved(settings, "latency", _case("-a-second", rate), systems, once,
                                   ("rps", *QUANTILES, "server_cpu_us"))
        behind = [row["system"] for row in rows[-len(systems):] if row["rps"] < KEPT_UP * rate]
        for system in behind:
            settings.progress(f"latency: {system} does not keep up with {rate:,} calls a second")
        systems = [system for system in systems if system not in behind]
        if not systems:
            break
    return {"rows": rows}


def latency_picture(content):
    """Only where a system keeps up with what is offered."""
    kept = [row for row in content["rows"] if row["rps"] >= KEPT_UP * int(row["case"].split("-")[0])]
    series = [(system, f"{label}, {name}", points)
              for key, name in QUANTILES.items() for system, label, points in series_of(kept, key)]
    return plot.line_chart("Latency of a unary call against load, open loop", "calls offered a second", "microseconds",
                           series, plot.notes_of(content))


def cliffs(rows, key="server_cpu_us"):
    """What to tell of each system whose calls become dearer at once as connections grow."""
    told = []
    for system, label, points in series_of(rows, key):
        for (few, cheaper), (many, dearer) in zip(points, points[1:]):
            if dearer > CLIFF * cheaper:
                told.append(f"{label}: from {few:,} to {many:,} connections a call costs the server "
                            f"{dearer / cheaper:.1f} times as much")
    return told


def run_connections(settings):
    """Returns the content of the JSON file, with the cliffs that were found."""
    systems = settings.choose(CONNECTION_SYSTEMS, CONNECTION_SYSTEMS)
    unary.prepare(settings, systems)
    rows = []
    for connections in QUICK_CONNECTIONS if settings.quick else CONNECTIONS:

        def once(system, connections=connections):
            return unary.run_once(settings, system, (connections, 1))

        rows += report.interleaved(settings, "connections", _case("-connections", connections), systems, once)
    found = cliffs(rows)
    for text in found:
        settings.progress(f"connections: a cliff: {text}")
    return {"rows": rows, "ratios": report.ratios(rows), "cliffs": found}


def connections_picture(content):
    return plot.line_chart("What a call costs as connections grow", "connections, one call in flight on each",
                           "microseconds of server CPU a call", series_of(content["rows"], "server_cpu_us"),
                           plot.notes_of(content))


def cores_for(loops, cores):
    """(cores of the server, cores of the clients): apart where there are enough, otherwise all for both."""
    if 2 * loops <= len(cores):
        return cores[:loops], cores[loops:2 * loops]
    return cores, cores


def combined(runs):
    """One row's figures of clients that ran at the same time. Each took the server's whole CPU time for its own calls."""
    total = sum(run["requests"] / run["seconds"] for run in runs)
    server = sum(1 / run["server_cpu_us"] for run in runs)
    return {"rps": total, "p50_us": None, "p99_us": max(run["p99_us"] for run in runs), "server_cpu_us": 1 / server,
            "client_cpu_us": sum(run["client_cpu_us"] * run["requests"] / run["seconds"] for run in runs) / total,
            "errors": sum(run["errors"] for run in runs)}


def _pinned(cores, *command):
    return ["taskset", "-c", ",".join(str(core) for core in cores), *command]


def _loops_once(settings, loops, cores):
    server_cores, client_cores = cores_for(loops, cores)
    server_program, client_program = (settings.programs / name for name in unary.PROGRAMS["rhei"])
    connections, in_flight = LOOP_LOAD
    with Server(_pinned(server_cores, server_program, "--port", 0, "--loops", loops)) as server:
        client = _pinned(client_cores, client_program, "--port", server.port, "--connections", connections,
                         "--in-flight", in_flight, "--seconds", settings.seconds, "--warmup", settings.warmup,
                         "--server-pid", server.pid)
        return combined(run_all_for_json([client] * loops, timeout=settings.seconds + settings.warmup + 30))


def run_loops(settings):
    """rhei alone. Where loops and clients have to share cores, more loops cannot be faster: `shared_cores` says where."""
    for program in unary.PROGRAMS["rhei"]:
        require_program(settings.programs / program)
    cores = sorted(os.sched_getaffinity(0))
    rows = []
    for loops in LOOPS:
        rows += report.interleaved(settings, "loops", _case("-loops", loops), ["rhei"],
                                   lambda _, loops=loops: _loops_once(settings, loops, cores))
        rows[-1]["shared_cores"] = "yes" if cores_for(loops, cores)[0] == cores else "no"
    return {"rows": rows}


def loops_picture(content):
    """Bars, because there are no powers of ten to see."""
    shares = {"yes": ", cores shared", "no": ""}
    bars = [("rhei", f"{row['case'].split('-')[0]}{shares[row['shared_cores']]}", row["rps"], f"{row['rps']:,.0f}")
            for row in content["rows"]]
    notes = plot.notes_of(content)
    shared = [row["case"].split("-")[0] for row in content["rows"] if row["shared_cores"] == "yes"]
    if shared:
        notes.append(f"With {', '.join(shared)} loops the server and its clients share all {content['machine']['cores']} "
                     "cores: this shows what too many loops cost, not how they scale.")
    title = "Unary calls a second against loops"
    return plot.bar_charts(title, [("Loops of the server, with as many client processes", bars)], notes)
