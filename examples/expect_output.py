#!/usr/bin/env python3
"""Runs an example and compares what it prints: expect_output.py EXPECTED PROGRAM [ARGUMENT...].

EXPECTED is a text file; "<any>" in it stands for whatever is on the line there.
"""

import difflib
import pathlib
import re
import subprocess
import sys


def matches(expected, line):
    pattern = ".*".join(re.escape(part) for part in expected.split("<any>"))
    return re.fullmatch(pattern, line) is not None


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    expected = pathlib.Path(arguments[0]).read_text(encoding="utf-8").splitlines()
    run = subprocess.run(arguments[1:], capture_output=True, text=True, check=False, timeout=120)
    printed = run.stdout.splitlines()
    same = len(expected) == len(printed) and all(map(matches, expected, printed))
    if same and run.returncode == 0:
        return 0
    print(f"exit code {run.returncode}; what differs from {arguments[0]}:")
    print("\n".join(difflib.unified_diff(expected, printed, "expected", "printed", lineterm="")))
    print(run.stderr, end="", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
