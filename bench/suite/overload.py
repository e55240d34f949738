"""The benchmark `overload`: an open loop of calls, up to four times what a server can do, and what becomes of them.

A call takes a fixed CPU time, and an answer counts if it comes before the call's deadline: that is goodput. The load is in
multiples of what each server can do by itself in a closed loop.
"""

from . import plot, report
from .processes import Server, require_program, run_for_json

LOADS = (0.5, 1, 2, 4)
CONNECTIONS = 8
CAPACITY_IN_FLIGHT = 4  # on each connection
WORK_MICROSECONDS = 200
DEADLINE_MS = 50
PAYLOAD_BYTES = 16
# Before each load, and after the largest: half of what the server can do.
EASY = 0.5
RECOVERY_SECONDS = 6
# From then on the server is back: so much of what is sent is answered in time.
BACK = 0.95
SLOT_SECONDS = 0.1
SLOTS_TOGETHER = 5  # that are looked at as one, so that a stall of the machine's is not taken for one of the server's

# System -> (server program, its flags). The client is the same for all.
SERVERS = {
    "rhei": ("overload_rhei_server", ("--limit", 1)),
    "rhei-without-limit": ("overload_rhei_server", ()),
    "grpc-c++": ("overload_grpc_server", ()),
}
SYSTEMS = tuple(SERVERS)
LABELS = {"rhei": "rhei with LimitAdaptively", "rhei-without-limit": "rhei without a limit", "grpc-c++": "gRPC C++"}
CLIENT, CAPACITY_CLIENT = "overload_client", "unary_rhei_client"
KEYS = ("load_per_s", "goodput_per_s", "goodput_share", "answer_p50_us", "answer_p99_us", "refusal_p50_us",
        "refusal_p99_us", "recovery_s")


def case_name(load):
    """The case of a load, in the tables."""
    return f"{load:g}x"


def phases(load, capacity, seconds, warmup):
    """[(calls a second, seconds)]: the easy time before, the load, and after the largest one the easy time again."""
    easy = EASY * capacity
    after = [(easy, RECOVERY_SECONDS)] if load == max(LOADS) else []
    return [(easy, warmup), (load * capacity, seconds), *after]


def recovery_seconds(slots, after):
    """How long after that many seconds it takes until all is good; all of the rest when it is not in the end."""
    rest = slots[round(after / SLOT_SECONDS):]
    groups = [rest[begin:begin + SLOTS_TOGETHER] for begin in range(0, len(rest), SLOTS_TOGETHER)]
    bad = [index for index, group in enumerate(groups)
           if sum(useful for _, useful in group) < BACK * sum(sent for sent, _ in group)]
    return round((bad[-1] + 1) * SLOTS_TOGETHER * SLOT_SECONDS, 1) if bad else 0.0


def figures(run, parts, capacity):
    """The figures of a row from what the client printed for these phases."""
    loaded = run["phases"][1]
    seconds = parts[1][1]
    goodput = loaded["useful"] / seconds
    recovery = None
    if len(parts) > 2:
        recovery = recovery_seconds(run["slots"], parts[0][1] + seconds)
    return {**loaded, "load_per_s": loaded["sent"] / seconds, "goodput_per_s": goodput,
            "goodput_share": goodput / capacity, "recovery_s": recovery, "errors": loaded["failed"]}


def _server(settings, system, limited=True):
    program, flags = SERVERS[system]
    return Server([settings.programs / program, "--port", 0, "--cpu", settings.server_cpu, "--work", WORK_MICROSECONDS,
                   *(flags if limited else ())])


def _capacity(settings, system):
    """Calls a second in a closed loop."""
    with _server(settings, system, limited=False) as server:
        run = run_for_json(
            [settings.programs / CAPACITY_CLIENT, "--port", server.port, "--cpu", settings.client_cpu,
             "--connections", CONNECTIONS, "--in-flight", CAPACITY_IN_FLIGHT, "--payload", PAYLOAD_BYTES,
             "--seconds", settings.seconds, "--warmup", settings.warmup],
            timeout=settings.seconds + settings.warmup + 30)
    return run["requests"] / run["seconds"]


def _run_once(settings, system, load, capacity):
    """One server, one client, all phases of a load."""
    parts = phases(load, capacity, settings.seconds, 2 * settings.warmup)
    with _server(settings, system) as server:
        run = run_for_json(
            [settings.programs / CLIENT, "--port", server.port, "--cpu", settings.client_cpu,
             "--connections", CONNECTIONS, "--payload", PAYLOAD_BYTES, "--deadline", DEADLINE_MS,
             "--phases", ",".join(f"{rate:.0f}:{seconds}" for rate, seconds in parts)],
            timeout=sum(seconds for _, seconds in parts) + 30)
    return figures(run, parts, capacity)


def goals(rows):
    """What the limit is there for, of the row with the largest load."""
    own = [row for row in rows if row["system"] == "rhei" and row["case"] == case_name(max(LOADS))]
    return {key: own[0][key] for key in ("goodput_share", "refusal_p50_us", "refusal_p99_us", "recovery_s")} if own else {}


def run(settings):
    """All loads, the systems interleaved round by round. Returns the content of the JSON file."""
    systems = settings.choose(SYSTEMS, SYSTEMS)
    for program in {SERVERS[system][0] for system in systems} | {CLIENT, CAPACITY_CLIENT}:
        require_program(settings.programs / program)
    runs = {(load, system): [] for load in LOADS for system in systems}
    capacities = {system: [] for system in systems}
    for number in range(settings.rounds):
        for system in systems:
            capacity = _capacity(settings, system)
            capacities[system].append(capacity)
            for load in LOADS:
                latest = _run_once(settings, system, load, capacity)
                runs[load, system].append(latest)
                settings.progress(f"overload {case_name(load)} round {number + 1}/{settings.rounds} {system}: "
                                  f"{latest['goodput_per_s']:,.0f}/s of {capacity:,.0f}/s")
    rows = [report.median_row(case_name(load), system, of_system, KEYS) for (load, system), of_system in runs.items()]
    return {"rows": rows, "ratios": report.ratios(rows, key="goodput_per_s"), "goals": goals(rows),
            "capacities": {system: [round(value, 1) for value in values] for system, values in capacities.items()}}


def picture(content):
    """The plot of goodput against load, as SVG."""
    shares = {}
    for row in content["rows"]:
        shares.setdefault(row["system"], []).append((float(row["case"].removesuffix("x")), 100 * row["goodput_share"]))
    lines = [(system, LABELS[system], [(0, 0), *points]) for system, points in shares.items()]
    reached = content["goals"]
    notes = []
    if reached.get("refusal_p50_us") is not None:
        notes.append(f"At four times the load rhei answers {100 * reached['goodput_share']:.0f} % of what it can in time, and "
                     f"refuses the others after {reached['refusal_p50_us'] / 1000:.1f} ms (median; 99 %: "
                     f"{reached['refusal_p99_us'] / 1000:.1f} ms).")
    for system in shares:
        last = [row for row in content["rows"] if row["system"] == system][-1]
        if last["recovery_s"] is not None:
            never = last["recovery_s"] >= RECOVERY_SECONDS
            notes.append(f"Back to normal after that load: {LABELS[system]}, "
                         + ("not within " if never else "") + f"{last['recovery_s']:.1f} s.")
    where = content["machine"]
    notes += [f"Each call computes for {WORK_MICROSECONDS} us; deadline {DEADLINE_MS} ms; {CONNECTIONS} connections; one client "
              "for all, which does not wait for answers.",
              f"Server on one core, client on another, of: {where['cpu']}. "
              + ", ".join(f"{name} {where['versions'].get(name, 'unknown')}" for name in ("rhei", "grpc-c++"))]
    return plot.line_chart("Overload: answers in time", "load, in multiples of what the server can do",
                           "answers in time, % of what it can do", lines, notes, linear=True)
