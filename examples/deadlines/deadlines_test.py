#!/usr/bin/env python3
"""Runs the example and compares what it prints with EXPECTED: deadlines_test.py EXPECTED PROGRAM.

States, and whether somebody works for nobody, are as there. Times are real, so they may be up to SLACK later; the drawn
line is not compared, but that it shows work for nobody exactly where there is some. Ports are any.
"""

import pathlib
import re
import subprocess
import sys

# Milliseconds: of a machine that has much else to do. What matters is who ends how.
SLACK = 1000
# A timer may fire a little before what another clock reading says.
EARLY = 2

HANDLER = re.compile(r"  (?P<name>\w+) +(?P<line>[ .=!]*?) *ends after (?P<end>\d+) ms with (?P<code>[A-Z_]+)"
                     r"(?:, worked (?P<wasted>\d+) ms for nobody)?")
PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+")


def is_about(expected, printed):
    return int(expected) - EARLY <= int(printed) <= int(expected) + SLACK


def what_is_wrong(expected, printed):
    """Says in what a line differs from the expected one, or nothing."""
    wanted, said = HANDLER.fullmatch(expected), HANDLER.fullmatch(printed)
    if wanted is None or said is None:
        return None if PORT.sub("", expected) == PORT.sub("", printed) else "the text"
    if wanted["name"] != said["name"] or wanted["code"] != said["code"]:
        return "the handler or its state"
    if not is_about(wanted["end"], said["end"]):
        return "the end, by too much"
    if (wanted["wasted"] is None) != (said["wasted"] is None) or ("!" in said["line"]) != (said["wasted"] is not None):
        return "whether it works for nobody"
    if wanted["wasted"] is not None and not is_about(wanted["wasted"], said["wasted"]):
        return "how long it works for nobody"
    return None


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__)
    expected = pathlib.Path(arguments[0]).read_text(encoding="utf-8").splitlines()
    run = subprocess.run(arguments[1:], capture_output=True, text=True, check=False, timeout=50)
    printed = run.stdout.splitlines()
    print(run.stdout, run.stderr, sep="")
    wrong = [f"exit code {run.returncode}"] if run.returncode != 0 else []
    if len(expected) != len(printed):
        wrong.append(f"{len(printed)} lines instead of {len(expected)}")
    for wanted, said in zip(expected, printed):
        if (what := what_is_wrong(wanted, said)) is not None:
            wrong.append(f"differs in {what}:\n  expected {wanted}\n  printed  {said}")
    print("\n".join(wrong) or "as expected")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
