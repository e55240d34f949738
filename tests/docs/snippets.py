#!/usr/bin/env python3
"""Holds the code in the documents to the truth.

A C++ block of a document is one of these, by the comment on the line before it:
  <!-- file: PATH -->       equals that file of the repository
  <!-- part of: PATH -->    stands in that file of the repository, which a test compiles and runs; the indentation may
                            differ, and a line "..." in the block stands for lines that are left out
  <!-- run -->              is the body of a function, compiled and run; where an <!-- output --> block of text follows
                            before the next C++ block, that is what it prints ("<any>" is whatever is on the line there)
  <!-- statements -->       compiles as the body of a function
  (none)                    compiles at file scope
A text block after <!-- part of: PATH --> is held to its file as a C++ block is. What the last three may use stands in
snippets_prelude.h, and for bodies of functions in PARAMETERS below.

snippets.py compare ROOT DOCUMENT...           checks the blocks of the first two kinds
snippets.py generate ROOT OUTPUT DOCUMENT...   writes the others as one C++ file, to be compiled
snippets.py run ROOT PROGRAM DOCUMENT...       runs what was compiled, and compares what it prints
"""

import pathlib
import re
import subprocess
import sys
import textwrap

BLOCK = re.compile(r"(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^```(?P<kind>cpp|text|cmake|proto|sh)\n(?P<code>.*?)^```$",
                   re.MULTILINE | re.DOTALL)
FILE_MARK = re.compile(r"file: (\S+)")
PART_MARK = re.compile(r"part of: (\S+)")
# What bodies of functions find around them.
PARAMETERS = "Weather::Service& service, const Weather::Stub& weather, const WeatherRequest& request"


def blocks(root, document):
    """Yields (kind, mark, code, line of the first line of code) of each block of code."""
    text = (root / document).read_text(encoding="utf-8")
    for match in BLOCK.finditer(text):
        yield match["kind"], match["mark"] or "", match["code"], text.count("\n", 0, match.start("code")) + 1


def without_indentation(text):
    """The lines of a text, moved to the left until the leftmost touches the margin; blank ones are left out."""
    return [line for line in textwrap.dedent(text).split("\n") if line.strip()]


def contains(lines, part):
    """Whether `part` stands in `lines` at one place, however far it is indented there as a whole."""
    for start in range(len(lines) - len(part) + 1):
        there = lines[start:start + len(part)]
        indentation = len(there[0]) - len(there[0].lstrip(" "))
        if [" " * indentation + line for line in part] == there:
            return True
    return False


def is_part_of(code, text):
    lines = [line for line in text.split("\n") if line.strip()]
    parts, current = [], []
    for line in without_indentation(code) + ["..."]:
        if line.strip() == "...":
            parts.append(current)
            current = []
        else:
            current.append(line)
    return all(contains(lines, without_indentation("\n".join(part))) for part in parts if part)


def compare(root, documents):
    """Tells of each block that differs from its file; how many were compared, and how many differ."""
    compared = different = 0
    for document in documents:
        for _, mark, code, line in blocks(root, document):
            whole, part = FILE_MARK.fullmatch(mark), PART_MARK.fullmatch(mark)
            if not whole and not part:
                continue
            compared += 1
            name = (whole or part)[1]
            text = (root / name).read_text(encoding="utf-8")
            if code != text if whole else not is_part_of(code, text):
                different += 1
                print(f"{document}:{line}: is not what {name} says: copy the file's text here", file=sys.stderr)
    return compared, different


def to_compile(root, documents):
    """Yields (document, mark, code, line) of the blocks that are compiled as they stand."""
    for document in documents:
        for kind, mark, code, line in blocks(root, document):
            if kind == "cpp" and not FILE_MARK.fullmatch(mark) and not PART_MARK.fullmatch(mark):
                yield document, mark, code, line


def as_cpp(mark, code, number, document, line):
    if mark in ("statements", "run"):
        result, end = ("rhei::Task<void>", "co_return;\n") if "co_await" in code else ("void", "")
        # A block of its own within the function, so that it may name a variable as a parameter is named.
        return f'{result} Snippet{number}({PARAMETERS}) {{\n{{\n#line {line} "{document}"\n{code}}}\n{end}}}\n'
    if mark:
        sys.exit(f"{document}:{line - 2}: '{mark}' is no mark of a block: see the beginning of snippets.py")
    return f'namespace snippet_{number} {{\n#line {line} "{document}"\n{code}}}\n'


def generate(root, output, documents):
    parts, runs = ['#include "tests/docs/snippets_prelude.h"\n'], []
    for document, mark, code, line in to_compile(root, documents):
        if mark == "run":
            runs.append(f'  Run("{document}:{line}", Snippet{len(parts)});\n')
        parts.append(as_cpp(mark, code, len(parts), document, line))
    parts.append("void RunSnippets() {\n" + "".join(runs) + "}\n")
    pathlib.Path(output).write_text("\n".join(parts), encoding="utf-8")


def expected_outputs(root, documents):
    """What each block that is run has to print, by the place where it stands; None if it may print what it likes."""
    expected, place = {}, None
    for document in documents:
        for kind, mark, code, line in blocks(root, document):
            if kind == "cpp":
                place = f"{document}:{line}" if mark == "run" else None
                if place:
                    expected[place] = None
            elif mark == "output":
                if place is None:
                    sys.exit(f"{document}:{line - 2}: an output block stands behind a block that is run")
                expected[place] = code
    return expected


def matches(expected, line):
    return re.fullmatch(".*".join(re.escape(part) for part in expected.split("<any>")), line) is not None


def run(root, program, documents):
    """Runs the snippets, and tells of each that prints something else than its document says; how many those are."""
    expected = expected_outputs(root, documents)
    ran = subprocess.run([program], capture_output=True, text=True, check=False, timeout=120)
    printed = dict(re.findall(r"^=== (\S+)\n(.*?)(?=^=== |\Z)", ran.stdout, re.MULTILINE | re.DOTALL))
    wrong = len(expected.keys() ^ printed.keys())
    if ran.returncode != 0 or wrong:
        print(f"exit code {ran.returncode}\n{ran.stdout}{ran.stderr}", file=sys.stderr)
    for place, text in expected.items():
        if text is None:
            continue
        said, wanted = printed.get(place, "").splitlines(), text.splitlines()
        if len(said) != len(wanted) or not all(map(matches, wanted, said)):
            wrong += 1
            print(f"{place}: the output block behind it is not what it prints:\n{printed.get(place)}", file=sys.stderr)
    print(f"{len(printed)} blocks run, {wrong} wrong")
    return wrong if ran.returncode == 0 else wrong + 1


def main(arguments):
    if arguments[:1] == ["compare"] and len(arguments) > 2:
        compared, different = compare(pathlib.Path(arguments[1]), arguments[2:])
        print(f"{compared} blocks compared, {different} differ")
        return 0 if compared and not different else 1
    if arguments[:1] == ["generate"] and len(arguments) > 3:
        generate(pathlib.Path(arguments[1]), arguments[2], arguments[3:])
        return 0
    if arguments[:1] == ["run"] and len(arguments) > 3:
        return 1 if run(pathlib.Path(arguments[1]), arguments[2], arguments[3:]) else 0
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
