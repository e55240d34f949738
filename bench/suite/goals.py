"""The goals of rhei's speed beside what was measured: one row each, from the files of the benchmarks that there are."""

import json

from . import streaming


def _row(content, case, system):
    """The row of the case, or of the first one whose name begins so."""
    of_system = [row for row in content["rows"] if row["system"] == system]
    named = [row for row in of_system if row["case"] == case] or [row for row in of_system if row["case"].startswith(case)]
    return named[0] if named else None


class _Results:
    """The files of the benchmarks, as far as they have been run."""

    def __init__(self, folder):
        self._folder = folder
        self._contents = {}

    def _content(self, benchmark):
        if benchmark not in self._contents:
            path = self._folder / f"{benchmark}.json"
            self._contents[benchmark] = json.loads(path.read_text()) if path.is_file() else {"rows": []}
        return self._contents[benchmark]

    def value(self, benchmark, case, system, key):
        """A figure, or None if it was not measured."""
        row = _row(self._content(benchmark), case, system)
        return row[key] if row else None

    def pair(self, benchmark, case, system, peer):
        """The median over the rounds of how many times as fast as a peer, or None."""
        return self._content(benchmark).get("pairs", {}).get(case, {}).get(system, {}).get(peer)

    def ratio(self, benchmark, case, peer, key):
        own, other = self.value(benchmark, case, "rhei", key), self.value(benchmark, case, peer, key)
        return own / other if own and other else None


def _rate(value):
    return f"{value:,.0f}/s"


def _times(value):
    return f"{value:.2f} x"


def _microseconds(value):
    return f"{value:.2f} us"


def _bytes(value):
    return f"{value:,.0f} B"


def _count(value):
    return f"{value:.2f}"


# What is measured: (name, goal, floor, how its figures are shown, whether more is better, how to find the figure).
GOALS = (
    ("unary 10x100", 3_000_000, 1_000_000, _rate, True, lambda r: r.value("unary", "10x100", "rhei", "rps")),
    ("unary 1x100", 700_000, 600_000, _rate, True, lambda r: r.value("unary", "1x100", "rhei", "rps")),
    ("unary 1x100, busy polling", 2_000_000, None, _rate, True,
     lambda r: r.value("unary", "1x100", "rhei-busy-poll", "rps")),
    ("unary 1x1, of raw TCP", 0.90, 0.75, _times, True, lambda r: r.pair("unary", "1x1", "rhei", "tcp")),
    ("unary 1x1, busy polling, of raw TCP that spins", 0.80, None, _times, True,
     lambda r: r.pair("unary", "1x1", "rhei-busy-poll", "tcp-busy-poll")),
    ("unary 1x1, busy polling", None, 50_000, _rate, True, lambda r: r.value("unary", "1x1", "rhei-busy-poll", "rps")),
    ("blocking stub, one thread, of raw TCP", 0.90, None, _times, True,
     lambda r: r.pair("blocking", "1-thread", "rhei", "tcp")),
    ("blocking stub, one thread, of gRPC C++", None, 1.5, _times, True,
     lambda r: r.pair("blocking", "1-thread", "rhei", "grpc-c++")),
    ("1,000 connections x 1, of gRPC C++", 5.0, 3.0, _times, True,
     lambda r: r.pair("unary", "1000x1", "rhei", "grpc-c++")),
    ("server CPU a call at 10x100", 0.3, 1.0, _microseconds, False,
     lambda r: r.value("unary", "10x100", "rhei", "server_cpu_us")),
    ("server CPU a call, driven by h2load", 0.8, None, _microseconds, False,
     lambda r: r.value("h2load", "h2load", "rhei", "server_cpu_us")),
    ("the same, of nghttpd's for a plain request", None, 1.0, _times, False,
     lambda r: r.ratio("h2load", "h2load", "nghttpd", "server_cpu_us")),
    ("publish, of the best raw rate", 0.80, None, _times, True, lambda r: _best_publish(r, "tcp")),
    ("publish, of gRPC C++", 3.0, 2.0, _times, True, lambda r: _best_publish(r, "grpc-c++")),
    ("publish at 1,000/s, CPU of JSON in Go over rhei's", 11.0, None, _times, True,
     lambda r: _publish_cpu(r, "1000-a-second", "json-go")),
    ("publish at 1,000/s, CPU of JSON in C++ over rhei's", 11.0, None, _times, True,
     lambda r: _publish_cpu(r, "1000-a-second", "json-c++")),
    ("publish at 1,000/s on a core each, CPU of JSON in Go over rhei's", 11.0, None, _times, True,
     lambda r: _publish_cpu(r, "1000-a-second-a-core-each", "json-go")),
    ("publish at 1,000/s on a core each, CPU of JSON in C++ over rhei's", 11.0, None, _times, True,
     lambda r: _publish_cpu(r, "1000-a-second-a-core-each", "json-c++")),
    ("100 streams, 10 messages of 16 bytes in flight on each", 1_500_000, None, _rate, True,
     lambda r: r.value("streaming", "100-streams-10-in-flight", "rhei", "messages_per_s")),
    ("the same, of gRPC C++", 10.0, None, _times, True, lambda r: _streams(r, "100-streams-10-in-flight")),
    ("100 streams, 1 message of 16 bytes in flight on each", 1_500_000, None, _rate, True,
     lambda r: r.value("streaming", "100-streams-1-in-flight", "rhei", "messages_per_s")),
    ("the same, of gRPC C++", 10.0, None, _times, True, lambda r: _streams(r, "100-streams-1-in-flight")),
    ("a stream of 64 KiB messages, of the best raw rate", 0.80, None, _times, True, lambda r: _bulk(r, "tcp-")),
    ("the same, of raw TCP with Reno", 0.80, None, _times, True, lambda r: _bulk(r, "tcp-reno-")),
    ("the same, of gRPC C++", 2.0, None, _times, True, lambda r: _streams(r, "bulk-64KiB")),
    ("calls inside of a process, one core", 5_000_000, 2_000_000, _rate, True,
     lambda r: r.value("in_process", "100-in-flight", "rhei", "rps")),
    ("an idle connection", 2_048, 6_144, _bytes, False, lambda r: r.value("idle", "idle", "rhei", "bytes_per_connection")),
    ("an idle stream without its handler's frame", 512, 1_024, _bytes, False,
     lambda r: r.value("streams_idle", "10-connections", "rhei", "without_frame")),
    ("heap allocations by rhei a call, both sides", 0, 0, _count, False,
     lambda r: r.value("allocations", "socket", "rhei", "allocations")),
)


def _divided(own, other):
    return own / other if own and other else None


def _best_publish(results, peer):
    """Best case against best case."""
    best = {system: max((results.value("publish", case, system, "messages_per_s") or 0)
                        for case in ("9-channels-1-", "9-channels-10-")) for system in ("rhei", peer)}
    return _divided(best["rhei"], best[peer])


def _streams(results, case):
    """Against the faster API of gRPC C++."""
    peers = [results.value("streaming", case, system, "messages_per_s") or 0
             for system in ("grpc-c++", "grpc-c++-completion-queue")]
    return _divided(results.value("streaming", case, "rhei", "messages_per_s"), max(peers))


def _bulk(results, kind):
    """Against the best size of writes of one kind of raw TCP."""
    peers = [results.value("streaming", "bulk-64KiB", f"{kind}{size}k", "messages_per_s") or 0
             for size in streaming.TCP_WRITE_KIB]
    return _divided(results.value("streaming", "bulk-64KiB", "rhei", "messages_per_s"), max(peers))


def _publish_cpu(results, case, peer):
    return _divided(results.value("publish", case, peer, "cpu_s_per_1000"),
                    results.value("publish", case, "rhei", "cpu_s_per_1000"))


def _verdict(value, goal, floor, more):
    def reached(mark):
        return mark is not None and (value >= mark if more else value <= mark)

    value = round(value, 2)  # what cannot be seen is not what a goal is missed by
    if reached(goal):
        return "goal"
    if floor is None:
        return "below the goal"
    if reached(floor):
        return "floor"
    return "below the floor"


def rows(folder):
    """The goals whose benchmarks have been run, as rows of a table."""
    results = _Results(folder)
    table = []
    for name, goal, floor, show, more, find in GOALS:
        value = find(results)
        if value is None:
            continue
        table.append({"what": name, "goal": "-" if goal is None else show(goal),
                      "floor": "-" if floor is None else show(floor), "measured": show(value if round(value, 2) else 0.0),
                      "reached": _verdict(value, goal, floor, more)})
    return table
