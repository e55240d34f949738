#!/usr/bin/env python3
"""Holds the code in the documents to the truth.

A C++ block of a document is one of three, by the comment on the line before it:
  <!-- file: PATH -->    equals that file of the repository
  <!-- statements -->    compiles as the body of a function
  (none)                 compiles at file scope
What the last two may use stands in snippets_prelude.h, and for statements in PARAMETERS below.

snippets.py compare ROOT DOCUMENT...           checks the blocks of the first kind
snippets.py generate ROOT OUTPUT DOCUMENT...   writes the others as one C++ file, to be compiled
"""

import pathlib
import re
import sys

BLOCK = re.compile(r"(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^```cpp\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
FILE_MARK = re.compile(r"file: (\S+)")
# What statements find around them.
PARAMETERS = "Weather::Service& service, const Weather::Stub& weather, const WeatherRequest& request"


def blocks(root, document):
    """Yields (mark, code, line of the first line of code) of each C++ block."""
    text = (root / document).read_text(encoding="utf-8")
    for match in BLOCK.finditer(text):
        yield match["mark"] or "", match["code"], text.count("\n", 0, match.start("code")) + 1


def compare(root, documents):
    """Tells of each block that differs from its file; the number of blocks that were compared, and of those that differ."""
    compared = different = 0
    for document in documents:
        for mark, code, line in blocks(root, document):
            if name := FILE_MARK.fullmatch(mark):
                compared += 1
                if code != (root / name[1]).read_text(encoding="utf-8"):
                    different += 1
                    print(f"{document}:{line}: is not what {name[1]} says: copy the file's text here", file=sys.stderr)
    return compared, different


def as_cpp(mark, code, number, document, line):
    if mark == "statements":
        result, end = ("rhei::Task<void>", "co_return;\n") if "co_await" in code else ("void", "")
        # A block of its own within the function, so that it may name a variable as a parameter is named.
        return f'{result} Snippet{number}({PARAMETERS}) {{\n{{\n#line {line} "{document}"\n{code}}}\n{end}}}\n'
    if mark:
        sys.exit(f"{document}:{line - 2}: '{mark}' is no mark of a block: write 'file: PATH' or 'statements'")
    return f'namespace snippet_{number} {{\n#line {line} "{document}"\n{code}}}\n'


def generate(root, output, documents):
    parts = ['#include "tests/docs/snippets_prelude.h"\n']
    for document in documents:
        for mark, code, line in blocks(root, document):
            if not FILE_MARK.fullmatch(mark):
                parts.append(as_cpp(mark, code, len(parts), document, line))
    pathlib.Path(output).write_text("\n".join(parts), encoding="utf-8")


def main(arguments):
    if arguments[:1] == ["compare"] and len(arguments) > 2:
        compared, different = compare(pathlib.Path(arguments[1]), arguments[2:])
        print(f"{compared} blocks compared, {different} differ")
        return 0 if compared and not different else 1
    if arguments[:1] == ["generate"] and len(arguments) > 3:
        generate(pathlib.Path(arguments[1]), arguments[2], arguments[3:])
        return 0
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
