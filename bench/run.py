#!/usr/bin/env python3
"""Runs the benchmarks: rhei and its peers side by side, interleaved, medians over rounds.

For each NAME prints a table and writes NAME.json. See README.md beside this file.
"""

import argparse
import pathlib
import sys
import time

from suite import (allocations, blocking, compile_time, curves, footprint, goals, h2load, idle, machine, overload, page,
                   peers, plot, profile, publish, report, streaming, unary)
from suite.processes import Failure

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
DOCUMENTS = REPOSITORY / "docs" / "performance"
BENCHMARKS = {"unary": unary.run, "deadlines": unary.run_deadlines, "blocking": blocking.run,
              "in_process": blocking.run_in_process, "streaming": streaming.run, "publish": publish.run,
              "overload": overload.run, "h2load": h2load.run, "saturation": curves.run_saturation, "latency": curves.run_latency,
              "connections": curves.run_connections, "loops": curves.run_loops, "idle": idle.run,
              "streams_idle": idle.run_streams, "allocations": allocations.run, "profile": profile.run,
              "compile_time": compile_time.run, "footprint": footprint.run}
# What runs when none is named: all that rhei's goals of speed are about.
SUITE = ("unary", "blocking", "in_process", "h2load", "streaming", "publish", "saturation", "latency", "connections",
         "loops", "idle", "streams_idle", "allocations", "profile")
# Those that run peers in other languages.
WITH_PEERS = ("unary", "saturation")
# Those that draw what they measured, beside the table: the name of the picture, and what makes it.
PICTURES = {"publish": ("publish", publish.picture), "overload": ("overload", overload.picture),
            "unary": ("cpu", unary.picture), "saturation": ("saturation", curves.saturation_picture), "latency": ("latency", curves.latency_picture),
            "connections": ("connections", curves.connections_picture), "loops": ("loops", curves.loops_picture)}

# Load average above which others take a noticeable part of the cores.
BUSY_LOAD = 0.5


class Settings:
    """What the command line asks of every benchmark."""

    def __init__(self, arguments):
        self.build = arguments.build
        self.programs = arguments.build / "bench" / "bin"
        self.quick = arguments.quick
        self.rounds = arguments.rounds or (1 if arguments.quick else 5)
        self.seconds = arguments.seconds or (0.3 if arguments.quick else 3.0)
        self.warmup = 0.2 if arguments.quick else 0.5
        self.server_cpu = arguments.server_cpu
        self.client_cpu = arguments.client_cpu
        self._systems = arguments.systems

    def choose(self, default, known):
        """The systems to run: those of --systems that the benchmark knows, or its own choice."""
        if not self._systems:
            return list(default)
        chosen = [system for system in self._systems if system in known]
        if not chosen:
            raise Failure(f"none of {', '.join(self._systems)} is a system of this benchmark: {', '.join(known)}")
        return chosen

    def shorter(self, seconds):
        """A time that the quick form cuts short."""
        return seconds / 10 if self.quick else seconds

    def progress(self, text):
        print(text, file=sys.stderr, flush=True)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; default: {', '.join(SUITE)}")
    parser.add_argument("--build", type=pathlib.Path, required=True, metavar="DIR",
                        help="build folder, configured with -DRHEI_BUILD_BENCHMARKS=ON")
    parser.add_argument("--output", type=pathlib.Path, default=REPOSITORY / "build" / "bench", metavar="DIR",
                        help="where NAME.json goes (default build/bench)")
    parser.add_argument("--pictures", type=pathlib.Path, metavar="DIR",
                        help="where NAME.svg and NAME.png go, for those that draw (default: beside NAME.json)")
    parser.add_argument("--page", action="store_true",
                        help="also write docs/performance/figures.md, with its pictures, from all NAME.json there are")
    parser.add_argument("--quick", action="store_true", help="one short round: shows that it works, not how fast")
    parser.add_argument("--rounds", type=int, help="rounds to take the median of (default 5)")
    parser.add_argument("--seconds", type=float, help="measured time of each run (default 3)")
    parser.add_argument("--systems", type=lambda text: text.split(","), help="only these, separated by commas")
    parser.add_argument("--languages", action="store_true",
                        help="only print the languages whose toolchains this run needs, beside C++")
    parser.add_argument("--server-cpu", type=int, default=0, help="core of the servers (default 0)")
    parser.add_argument("--client-cpu", type=int, default=1, help="core of the clients (default 1)")
    arguments = parser.parse_args(argv)
    arguments.names = arguments.names or list(SUITE)
    if arguments.page:
        arguments.pictures = DOCUMENTS
    unknown = [name for name in arguments.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"unknown benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    return arguments


def languages(arguments):
    """What `./dev` has to install for the peers of this run."""
    if not set(arguments.names) & set(WITH_PEERS):
        return []
    systems = arguments.systems or peers.PEERS
    return [peers.toolchain(system) for system in systems if peers.toolchain(system)]


def show(name, content):
    """The table, and the ratios below it."""
    print(f"\n{name}\n{report.table(content['rows'])}")
    for key, subject in (("ratios", "rhei"), ("busy_poll_ratios", "rhei-busy-poll"),
                         ("cpu_ratios", "CPU time, peers' over rhei's")):
        text = report.ratio_text(content.get(key, {}), subject)
        if text:
            print(text)


def run(arguments, settings, name):
    """One benchmark: its table, its file, its picture."""
    where = machine.describe()
    if where["load_before"] > BUSY_LOAD:
        settings.progress(f"the machine is busy (load {where['load_before']:.1f}): the figures will be too low")
    begun = time.monotonic()
    content = BENCHMARKS[name](settings)
    content.update(machine=where, quick=arguments.quick, took_seconds=round(time.monotonic() - begun, 1))
    path = arguments.output / f"{name}.json"
    report.write(path, content)
    show(name, content)
    print(f"written to {path}")
    if name in PICTURES:
        picture, draw = PICTURES[name]
        for drawn in plot.write(arguments.pictures or arguments.output, picture, draw(content)):
            print(f"drawn to {drawn}")


def main(argv):
    arguments = parse(argv)
    if arguments.languages:
        print(*languages(arguments))
        return 0
    settings = Settings(arguments)
    failed = []
    for number, name in enumerate(arguments.names, 1):
        settings.progress(f"{name}: {number} of {len(arguments.names)}")
        try:
            run(arguments, settings, name)
        except Failure as failure:
            failed.append(name)
            print(f"{name}: {failure}", file=sys.stderr)
    reached = goals.rows(arguments.output)
    if len(arguments.names) > 1 and reached:
        print(f"\nthe goals, by the files in {arguments.output}\n{report.table(reached)}")
    if arguments.page:
        print(f"written to {page.write(arguments.output, DOCUMENTS)}")
    if failed:
        print(f"without result: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
