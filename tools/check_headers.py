#!/usr/bin/env python3
"""Compiles each public header alone, so that each can be a user's first include, and says which costs most.

    tools/check_headers.py [--jobs N] [--compiler g++] [--generated DIR]
"""

import argparse
import concurrent.futures
import pathlib
import subprocess
import sys
import time

FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror", "-fsyntax-only", "-Iinclude"]


def compile_alone(compiler, generated, header):
    """Returns (seconds, what the compiler said, whether it was content)."""
    unit = f'#include "{header.relative_to("include").as_posix()}"\n'
    start = time.monotonic()
    flags = [*FLAGS, "-isystem", generated] if generated else FLAGS
    ran = subprocess.run([compiler, *flags, "-x", "c++", "-"], input=unit, text=True, capture_output=True, check=False)
    return time.monotonic() - start, ran.stderr, ran.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--generated", help="folder of the public headers that the build generates")
    arguments = parser.parse_args()

    headers = sorted(pathlib.Path("include").rglob("*.h"))
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(pool.map(lambda header: compile_alone(arguments.compiler, arguments.generated, header), headers))
    bad = [header for header, (_, _, good) in zip(headers, results) if not good]
    for header, (_, said, good) in zip(headers, results):
        if not good:
            print(f"{header} does not compile alone: include what it uses\n{said}")
    if headers:
        slowest, header = max((seconds, header) for header, (seconds, _, _) in zip(headers, results))
        print(f"headers alone: {len(headers)} public headers, {len(bad)} bad; the slowest is {header}, {slowest:.2f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
