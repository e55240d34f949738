#!/usr/bin/env python3
"""The guard that does not depend on the clock: instructions and allocations per RPC, against expected.json.

Runs guard_unary twice per case, with N and with 2N calls, and takes the difference, so that start-up cancels out.
Exit code 0: all figures are as recorded, within the tolerance. 1: one is not, or could not be had. README.md beside
this file says what the program must do, and how to record new figures.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

EXPECTED = pathlib.Path(__file__).with_name("expected.json")
# A count of 0 has no 3 per cent: this much per RPC is still nothing (a pool that grew once more, say).
NEGLIGIBLE = 0.01
# Over real sockets the kernel decides what comes at once, so that only allocations are the same each time.
WITHOUT_INSTRUCTIONS = ("socket",)


class Failure(Exception):
    """The guard could not measure; the message says why."""


def _run(command):
    command = [str(part) for part in command]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    except FileNotFoundError:
        raise Failure(f"program missing: {command[0]}") from None
    except subprocess.TimeoutExpired:
        raise Failure(f"no end after 600 s: {' '.join(command)}") from None
    if done.returncode != 0:
        raise Failure(f"exit code {done.returncode}: {' '.join(command)}\n{done.stderr}")
    return done.stdout


def counters(program, case, calls):
    """What the program counted itself, over its whole life."""
    printed = json.loads(_run([program, "--case", case, "--calls", calls]))
    if printed["calls"] != calls:
        raise Failure(f"{program} made {printed['calls']} calls of {calls} in case {case}")
    return printed["counters"]


def _instructions(program, case, calls):
    """Instructions of the whole process, by callgrind."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "callgrind.out")
        _run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", program, "--case", case, "--calls", calls])
        total = re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.MULTILINE)
    if not total:
        raise Failure(f"callgrind reported no total for {program}")
    return int(total[1])


def figures_per_call(count, calls):
    """{figure: value per RPC} from count(calls), the figures of a whole process that makes so many calls."""
    once, twice = count(calls), count(2 * calls)
    return {name: round((twice[name] - once[name]) / calls, 3) for name in twice}


def measure(program, case, calls):
    """{figure: value per RPC}, what the program counts and what callgrind does."""

    if case in WITHOUT_INSTRUCTIONS:
        return figures_per_call(lambda times: counters(program, case, times), calls)

    def count(times):
        return {**counters(program, case, times), "instructions": _instructions(program, case, times)}

    return figures_per_call(count, calls)


def within(measured, expected, tolerance):
    """Whether two figures are the same for the guard."""
    return abs(measured - expected) <= max(expected * tolerance, NEGLIGIBLE)


def compare(case, measured, expected, tolerance):
    """Prints each figure beside what is recorded; returns how many differ."""
    wrong = 0
    for name in sorted(set(measured) | set(expected)):
        if name not in expected or name not in measured:
            verdict = "not recorded" if name in measured else "recorded, but not measured"
        elif within(measured[name], expected[name], tolerance):
            verdict = "as recorded"
        else:
            verdict = "MORE" if measured[name] > expected[name] else "LESS: record it with --update"
        wrong += verdict != "as recorded"
        print(f"{case:24} {name:16} {measured.get(name, '-'):>12} recorded {expected.get(name, '-'):>12}  {verdict}")
    return wrong


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path, help="guard_unary, built in release mode")
    parser.add_argument("--update", action="store_true", help="record the figures of today in expected.json")
    parser.add_argument("--expected", type=pathlib.Path, default=EXPECTED, help="another file than expected.json")
    arguments = parser.parse_args(argv)
    program = arguments.program.resolve()
    expected = json.loads(arguments.expected.read_text())
    cases, calls, tolerance = expected["cases"], expected["calls"], expected["tolerance"]
    wrong = 0
    try:
        if not cases:
            raise Failure(f"{arguments.expected} names no case")
        for case in cases:
            measured = measure(program, case, calls)
            wrong += compare(case, measured, cases[case], tolerance)
            cases[case] = measured
    except Failure as failure:
        print(f"guard: {failure}", file=sys.stderr)
        return 1
    if arguments.update:
        arguments.expected.write_text(json.dumps(expected, indent=2) + "\n")
        return 0
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
