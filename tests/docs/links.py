#!/usr/bin/env python3
"""Follows the links of the documents, but not those into the web: links.py ROOT."""

import pathlib
import re
import sys

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def anchors(text):
    """The names of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", CODE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def broken_links(document):
    text = document.read_text(encoding="utf-8")
    for target in LINK.findall(CODE.sub("", text)):
        name, _, anchor = target.partition("#")
        there = (document.parent / name).resolve() if name else document
        if not there.exists():
            yield target, "there is no such file"
        elif anchor and there.suffix == ".md" and anchor not in anchors(there.read_text(encoding="utf-8")):
            yield target, "there is no such heading"


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    root = pathlib.Path(arguments[0])
    documents = sorted([*root.glob("*.md"), *root.glob("docs/*.md"), *root.glob("examples/**/*.md")])
    wrong = 0
    for document in documents:
        for target, why in broken_links(document):
            wrong += 1
            print(f"{document.relative_to(root)}: correct the link to {target}: {why}")
    print(f"{len(documents)} documents, {wrong} broken links")
    return 1 if wrong or not documents else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
