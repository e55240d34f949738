#!/usr/bin/env python3
"""Prints how long our C++ files and functions are: the median, the 90th percentile, and the longest.

    tools/code_sizes.py [ROOT]

It informs and never fails; check_layers.py refuses files over its limit.
"""

import pathlib
import re
import sys

from cpp_source import code_only, is_cpp, is_generated, is_test, own_files

NOT_A_FUNCTION = re.compile(
    r"^\s*(?:template\s*<.*>\s*)?(?:inline\s+)?(?:namespace|class|struct|enum|union|extern|concept|export)\b",
    re.DOTALL)
LABELS = re.compile(r"^\s*(?:(?:public|protected|private)\s*:\s*)+")


# What an open brace belongs to: a namespace or class; a function's body; or something within a function or its head.
SCOPE, FUNCTION, NESTED = range(3)


def functions(text):
    """Yields (first line, lines) of each function body with its signature; a lambda counts to the function around it.

    A body is a brace after a parameter list, at namespace or class level. Good enough to see a distribution.
    """
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", "", code_only(text), flags=re.MULTILINE)
    open_braces = []
    start = 0  # where the present statement began
    for index, character in enumerate(code):
        if character == "{":
            head = LABELS.sub("", code[start:index])
            nested = bool(open_braces) and open_braces[-1] != SCOPE
            open_braces.append(NESTED if nested or is_initialiser(head) else FUNCTION if is_body(head) else SCOPE)
        closed = open_braces.pop() if character == "}" and open_braces else None
        if closed == FUNCTION:
            begin = index - len(code[start:index].lstrip())
            yield code.count("\n", 0, begin) + 1, code.count("\n", begin, index) + 1
        if character in "{};" and closed != NESTED and (not open_braces or open_braces[-1] == SCOPE):
            start = index + 1


def is_initialiser(head):
    """Whether a brace after this text gives a value, as in `limit_{0}` or `= {`; a body stands after a space."""
    return (head[-1:].strip() and head[-1] != ")") or head.rstrip().endswith("=")


def is_body(head):
    """Whether a brace after this text, at namespace or class level, begins a function's body."""
    return "(" in head and not NOT_A_FUNCTION.match(head)


def at(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def describe(name, values):
    """values: (size, where) pairs."""
    if not values:
        return f"{name}: none"
    sizes = sorted(size for size, _ in values)
    longest, where = max(values)
    return f"{name}: {len(sizes)}, median {at(sizes, 0.5)} lines, p90 {at(sizes, 0.9)}, max {longest} ({where})"


def main(arguments):
    root = pathlib.Path(arguments[0] if arguments else ".").resolve()
    groups = {"code": ([], []), "tests": ([], [])}
    for path in own_files(root):
        if not is_cpp(path) or is_generated(path):
            continue
        text = (root / path).read_text(encoding="utf-8")
        files, bodies = groups["tests" if is_test(path) or path.parts[0] in ("tests", "testing") else "code"]
        files.append((text.count("\n"), str(path)))
        bodies += [(lines, f"{path}:{first}") for first, lines in functions(text)]
    for name, (files, bodies) in groups.items():
        print(describe(f"{name}, files", files))
        print(describe(f"{name}, functions", bodies))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
