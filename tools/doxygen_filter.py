#!/usr/bin/env python3
"""Makes Doxygen's comments of our plain ones, so that the headers need no markup: doxygen_filter.py HEADER.

Doxygen runs it on each file (INPUT_FILTER in docs/Doxyfile) and reads what it prints. A comment before a
declaration becomes `///`, one behind a declaration `///<`, the one at the top of a file the file's. What is indented
within a comment is code. Comments within functions stay as they are.
"""

import pathlib
import re
import sys

from cpp_source import code_only

COMMENT = re.compile(r"(?P<indent>\s*)//(?P<text>.*)")
TRAILING = re.compile(r"(?P<code>.*\S)\s*// (?P<text>.*)")
RULER = re.compile(r"\s*-{3,} .* -{3,}\s*")
OPENS_SCOPE = re.compile(
    r"(?:template\s*<[^{}]*>)?\s*(?:requires\b[^{}]*?)?\s*(?:inline\s+)?(?:namespace|class|struct|union|enum)\b")
CODE_INDENT = "     "
# What Doxygen would take for a command, a tag or a link.
SPECIAL = re.compile(r"[\\@&$#<>%]")
# Doxygen 1.9 does not know inline namespaces within a qualified name.
INLINE_NAMESPACE = re.compile(r"^namespace rhei::inline v0\b")


def escaped(text):
    """The text without a meaning for Doxygen, but for what stands between backticks."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return SPECIAL.sub(r"\\\g<0>", text.replace("`", "'"))
    return "`".join(SPECIAL.sub(r"\\\g<0>", part) if index % 2 == 0 else part for index, part in enumerate(parts))


def opens_scope(head):
    """Whether what stands before a brace makes it that of a namespace or a type."""
    head = re.sub(r"\[\[.*?\]\]|\b(?:public|protected|private)\s*:", "", head, flags=re.DOTALL)
    return OPENS_SCOPE.match(head.strip()) is not None


def lines_within_functions(text):
    """The numbers, from 0, of the lines that begin within the body of a function or an initialiser."""
    inside, are_bodies, head, line = set(), [], "", 0
    for character in re.sub(r"^[ \t]*#.*$", "", code_only(text), flags=re.MULTILINE):
        if character == "\n":
            line += 1
            if any(are_bodies):
                inside.add(line)
        if character == "{":
            are_bodies.append(not opens_scope(head))
        elif character == "}" and are_bodies:
            are_bodies.pop()
        head = "" if character in "{};" else head + character
    return inside


def documentation(block):
    """The lines of one comment, for Doxygen: as many as there were."""
    result, in_code = [], False
    for index, (indent, text) in enumerate(block):
        is_code = text.startswith(CODE_INDENT) or (in_code and not text.strip() and any(
            later.startswith(CODE_INDENT) for _, later in block[index + 1:index + 2]))
        line = text if is_code else escaped(text)
        if is_code and not in_code:
            line = r" \code{.cpp}" + "\n" + indent + "///" + line
        elif in_code and not is_code:
            line = r" \endcode" + "\n" + indent + "///" + line
        in_code = is_code
        result.append(f"{indent}///{line}")
    if in_code:
        result[-1] += "\n" + block[-1][0] + r"/// \endcode"
    return result


def is_declared(line):
    """Whether a line behind a comment is something that the comment can be about."""
    stripped = line.strip()
    return bool(stripped) and not stripped.startswith(("#", "}", ")", "public:", "protected:", "private:"))


def converted(text):
    lines = text.split("\n")
    inside = lines_within_functions(text)
    result, index = [], 0
    while index < len(lines):
        block = []
        while index + len(block) < len(lines) and index + len(block) not in inside:
            found = COMMENT.fullmatch(lines[index + len(block)])
            if not found or RULER.fullmatch(found["text"]):
                break
            block.append((found["indent"], found["text"]))
        if block:
            after = lines[index + len(block)] if index + len(block) < len(lines) else ""
            if index == 0:
                result.append("/// \\file")
            if index == 0 or is_declared(after):
                result += documentation(block)
            else:
                result += lines[index:index + len(block)]
            index += len(block)
            continue
        line = INLINE_NAMESPACE.sub("namespace rhei", lines[index])
        trailing = TRAILING.fullmatch(line)
        if trailing and index not in inside and trailing["code"].endswith((",", ";")):
            line = f"{trailing['code']}  ///< {escaped(trailing['text'])}"
        result.append(line)
        index += 1
    return "\n".join(result)


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    path = pathlib.Path(arguments[0])
    text = path.read_text(encoding="utf-8")
    sys.stdout.write(converted(text) if path.suffix == ".h" else text)


if __name__ == "__main__":
    main(sys.argv[1:])
