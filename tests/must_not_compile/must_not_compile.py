#!/usr/bin/env python3
"""Compiles each misuse in this folder, which must fail with a first error that helps, and all their right twins, which
must not.

    tests/must_not_compile/must_not_compile.py [--compiler g++] [NAME...]

A misuse is a .cc file: what stands between #ifdef MISUSE and #else is wrong, what follows is right. Its comment lines
`// GNU: ...` and `// Clang: ...` are regular expressions for the compiler's first error.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
INCLUDE = HERE.parents[1] / "include"
FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-I{INCLUDE}", "-x", "c++", "-"]


def compile_text(compiler, text, *flags):
    """(whether it compiles, what the compiler says)"""
    done = subprocess.run([compiler, *flags, *FLAGS], input=text, stderr=subprocess.PIPE, text=True, cwd=HERE,
                          env={**os.environ, "LC_ALL": "C"}, check=False)
    return done.returncode == 0, done.stderr


def family_of(compiler):
    said = subprocess.run([compiler, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return "Clang" if "clang" in said else "GNU"


def fault_of_misuse(compiler, family, source):
    """What is wrong with the compiler's answer to a misuse, or None."""
    wanted = re.search(rf"^// {family}: (.*)$", source.read_text(), re.MULTILINE)
    if wanted is None:
        return f"has no line `// {family}: ` with the error that is to come"
    compiles, said = compile_text(compiler, f'#include "{source.name}"\n', "-DMISUSE")
    if compiles:
        return "compiles"
    first = next((line for line in said.splitlines() if "error: " in line), "")
    return None if re.search(wanted[1], first) else f"is not answered first by /{wanted[1]}/, but by:\n{said}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("names", nargs="*", metavar="NAME", help="of a misuse, without .cc; default all")
    arguments = parser.parse_args()

    sources = [HERE / f"{name}.cc" for name in arguments.names] or sorted(HERE.glob("*.cc"))
    family = family_of(arguments.compiler)
    faults = [(source, fault_of_misuse(arguments.compiler, family, source)) for source in sources]
    failed = [f"{source.name} {fault}" for source, fault in faults if fault is not None]
    # The twins at once: the headers cost far more than they do.
    twins = "".join(f'#include "{source.name}"\n' for source in sources)
    compiles, said = compile_text(arguments.compiler, twins)
    if not compiles:
        failed.append(f"a right twin does not compile:\n{said}")
    print("\n".join([*failed, f"must not compile: {len(sources)} misuses, {len(failed)} faults"]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
