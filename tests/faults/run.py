#!/usr/bin/env python3
"""Runs the fault scenarios, one after the other, each with fresh processes; README.md tells all.

Prints what each measured. The exit code is 0 only if every promise was kept.
"""

import argparse
import pathlib
import sys
import time

from judging import Report
from processes import CannotRun
from scenarios import SCENARIOS

# Times on a machine with more to do may be long by chance; so what is broken is measured again.
MOST_MEASUREMENTS = 3


def measure(scenario, programs):
    """The report of a run that kept its promises, or the last one; or the reason why it cannot run, as a text."""
    for _ in range(MOST_MEASUREMENTS):
        report = Report()
        try:
            scenario.run(programs, report)
        except CannotRun as reason:
            return str(reason)
        except (OSError, RuntimeError) as error:
            report.require(False, f"it can be measured: {error}")
        if not report.broken:
            break
    return report


def run(scenarios, programs):
    broken, not_run = [], []
    for scenario in scenarios:
        begin = time.monotonic()
        report = measure(scenario, programs)
        took = time.monotonic() - begin
        if isinstance(report, str):
            print(f"{scenario.name}\n    NOT RUN: {report}")
            not_run.append(scenario.name)
            continue
        print(f"{scenario.name} ({took:.0f} s)")
        for figure in report.figures:
            print(f"    {figure}")
        for promise in report.broken:
            print(f"    BROKEN: {promise}")
            broken.append(f"{scenario.name}: {promise}")
        sys.stdout.flush()
    for promise in broken:
        print(f"broken: {promise}")
    print(f"faults: {len(scenarios)} scenarios, {len(broken)} promises broken, {len(not_run)} not run here")
    return 1 if broken or not scenarios else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--quick", action="store_true", help="without those that take long")
    parser.add_argument("--only", default="", help="the scenarios whose names contain this")
    arguments = parser.parse_args()
    chosen = [scenario for scenario in SCENARIOS
              if arguments.only in scenario.name and (scenario.quick or not arguments.quick)]
    return run(chosen, arguments.build / "tests")


if __name__ == "__main__":
    sys.exit(main())
