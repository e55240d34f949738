"""The benchmark `publish`: messages of 50 KB on 9 channels, gRPC against JSON over HTTP/1.1 with the data in base64.

As many as there can be, the server on one core and the client on another; and at a fixed rate, where what counts is the
CPU time of both sides together: where the kernel puts them, as users run them, and held to a core each.
"""

from . import plot, report
from .processes import Server, require_program, run_for_json

CHANNELS = 9
MESSAGE_BYTES = 50_000
RATE = 1_000
PACED = f"{RATE}-a-second"
PINNED = f"{RATE}-a-second-a-core-each"
# Case -> (messages in flight on each channel, messages a second or 0 for as many as there can be, whether each side is
# held to its core).
# HTTP/1.1 has one request at a time on a connection: with ten in flight a channel of its is ten connections.
CASES = {"9-channels-1-in-flight": (1, 0, True), "9-channels-10-in-flight": (10, 0, True), PACED: (1, RATE, False),
         PINNED: (1, RATE, True)}
ANY_CPU = -1
# A program that falls behind is not measured at the rate.
KEPT_UP = 0.98

# System -> (server program, client program).
PROGRAMS = {
    "rhei": ("publish_rhei_server", "publish_rhei_client"),
    "grpc-c++": ("publish_grpc_server", "publish_grpc_client"),
    "json-c++": ("publish_json_server", "publish_json_client"),
    "json-go": ("publish_go_server", "publish_go_client"),
    # The same bytes and nothing else: what remains to the others is their own.
    "tcp": ("publish_tcp_server", "publish_tcp_client"),
}
SYSTEMS = tuple(PROGRAMS)
# Those of the picture.
LABELS = {"rhei": "rhei", "grpc-c++": "gRPC C++", "json-c++": "JSON, C++ (cpp-httplib)", "json-go": "JSON, Go (net/http)"}
KEYS = ("messages_per_s", "mb_per_s", "p50_us", "p99_us", "server_cpu_us", "client_cpu_us", "cpu_s_per_1000")


def figures(run):
    """The figures of a row from what a client printed; CPU seconds are those of both sides for 1,000 messages."""
    rate = run["requests"] / run["seconds"]
    both = run["server_cpu_us"] + run["client_cpu_us"]
    return {**run, "messages_per_s": rate, "mb_per_s": rate * MESSAGE_BYTES / 1e6, "cpu_s_per_1000": both * 1000 / 1e6}


def _run_once(settings, system, case):
    """One server, one client, one window."""
    server_name, client_name = PROGRAMS[system]
    in_flight, rate, pinned = CASES[case]
    server_cpu, client_cpu = (settings.server_cpu, settings.client_cpu) if pinned else (ANY_CPU, ANY_CPU)
    with Server([settings.programs / server_name, "--port", 0, "--cpu", server_cpu]) as server:
        run = figures(run_for_json(
            [settings.programs / client_name, "--port", server.port, "--cpu", client_cpu,
             "--connections", CHANNELS, "--in-flight", in_flight, "--rate", rate, "--payload", MESSAGE_BYTES,
             "--seconds", settings.seconds, "--warmup", settings.warmup, "--server-pid", server.pid],
            timeout=settings.seconds + settings.warmup + 30))
    if rate > 0 and run["messages_per_s"] < KEPT_UP * rate:
        settings.progress(f"publish: {system} does not keep up with {rate} messages a second")
    return run


def _is_paced(row):
    return row["case"] in (PACED, PINNED)


def best_rates(rows):
    """{system: the most messages a second of any case without a rate}."""
    best = {}
    for row in rows:
        if not _is_paced(row):
            best[row["system"]] = max(row["messages_per_s"], best.get(row["system"], 0))
    return best


def paced_cpu(rows, case):
    """{system: CPU seconds of both sides for 1,000 messages at the fixed rate}."""
    return {row["system"]: row["cpu_s_per_1000"] for row in rows if row["case"] == case}


def _cpu_ratios(rows, case):
    """{case: {peer: its CPU time over rhei's}}, or nothing."""
    cpu = paced_cpu(rows, case)
    own = cpu.pop("rhei", None)
    return {case: {system: round(seconds / own, 3) for system, seconds in cpu.items()}} if own and cpu else {}


def ratios(rows):
    """rhei's messages a second over each peer's, best against best too; and each peer's CPU time at the rate over rhei's."""
    unpaced = [row for row in rows if not _is_paced(row)]
    best = [{"case": "best", "system": system, "messages_per_s": rate} for system, rate in best_rates(rows).items()]
    return {"ratios": report.ratios(unpaced + best, key="messages_per_s"),
            "cpu_ratios": {**_cpu_ratios(rows, PACED), **_cpu_ratios(rows, PINNED)}}


def run(settings):
    """All cases, the systems interleaved round by round. Returns the content of the JSON file."""
    systems = settings.choose(SYSTEMS, SYSTEMS)
    for system in systems:
        for program in PROGRAMS[system]:
            require_program(settings.programs / program)
    rows = []
    for case in CASES:
        runs = {system: [] for system in systems}
        for number in range(settings.rounds):
            for system in systems:
                runs[system].append(_run_once(settings, system, case))
                latest = runs[system][-1]
                settings.progress(f"publish {case} round {number + 1}/{settings.rounds} {system}: "
                                  f"{latest['messages_per_s']:,.0f}/s, {latest['cpu_s_per_1000']:.3f} CPU-s per 1,000")
        rows += [report.median_row(case, system, of_system, KEYS) for system, of_system in runs.items()]
    return {"rows": rows, **ratios(rows)}


def _bars(figures, shown):
    return [(system, LABELS[system], figure, shown.format(figure)) for system, figure in figures.items() if system in LABELS]


def picture(content):
    """The plot of all measurements, as SVG."""
    panels = [("Messages a second, as many as there can be", _bars(best_rates(content["rows"]), "{:,.0f}"))]
    for case, how in ((PACED, "where the kernel puts them"), (PINNED, "on a core each")):
        panels.append((f"CPU seconds of both sides a second, at {RATE:,} messages a second, {how}",
                       _bars(paced_cpu(content["rows"], case), "{:.3f}")))
    where = content["machine"]
    notes = [f"{MESSAGE_BYTES:,} bytes a message, {CHANNELS} channels; JSON carries them as base64 over HTTP/1.1, kept alive.",
             "Unless the title says otherwise, the server on one core and the client on another, of: " + where["cpu"] + ".",
             ", ".join(f"{name} {where['versions'].get(name, 'unknown')}" for name in ("rhei", "grpc-c++", "go",
                                                                                     "cpp-httplib", "nlohmann-json"))]
    return plot.bar_charts("Publish: gRPC against JSON over HTTP/1.1", panels, notes)
