#!/usr/bin/env python3
"""Compiles all our sources with the second compiler, warnings as errors, making no code; the build holds GCC's.

    tools/check_warnings.py [--jobs N] [--build build/release] [--compiler clang++-16]

Takes the flags from the build folder's compile_commands.json.
"""

import argparse
import concurrent.futures
import json
import pathlib
import shlex
import subprocess
import sys

# Flags that only GCC knows, or that make output, have no place here.
DROPPED_WITH_VALUE = {"-o", "-MF", "-MT", "-MQ"}
DROPPED = {"-c", "-MD", "-MMD", "-fno-canonical-system-headers"}
EXTRA = ["-fsyntax-only", "-Werror", "-Wno-unknown-warning-option"]


def clang_command(entry, compiler):
    words = shlex.split(entry["command"])
    if pathlib.Path(words[0]).name == "ccache":
        words = words[1:]
    kept = [compiler]
    index = 1
    while index < len(words):
        word = words[index]
        if word in DROPPED_WITH_VALUE:
            index += 2
            continue
        if word not in DROPPED:
            kept.append(word)
        index += 1
    return kept + EXTRA


def check(entry, compiler):
    command = clang_command(entry, compiler)
    ran = subprocess.run(command, cwd=entry["directory"], capture_output=True, text=True, check=False)
    return ran.returncode, ran.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--compiler", default="clang++-16")
    arguments = parser.parse_args()

    root = pathlib.Path(".").resolve()
    generated = arguments.build.resolve()
    entries = {}
    for entry in json.loads((arguments.build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if path.is_relative_to(root) and not path.is_relative_to(generated) and path.is_file():
            entries.setdefault(path, entry)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(pool.map(lambda entry: check(entry, arguments.compiler), entries.values()))
    bad = 0
    for code, said in results:
        if code != 0:
            bad += 1
            print(said)
    print(f"warnings: {len(entries)} files with {arguments.compiler}, {bad} bad")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
