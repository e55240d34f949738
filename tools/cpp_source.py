"""What the checks share: which files are ours, and C++ text without its comments and literals."""

import pathlib
import re
import subprocess

CPP_SUFFIXES = {".h", ".cc"}

# A comment, a raw string, a string, or a character; an apostrophe after a word character separates digits.
_NOISE = re.compile(
    r"""//[^\n]*
      | /\*.*?\*/
      | R"(?P<tag>[^\s()\\]{0,16})\(.*?\)(?P=tag)"
      | "(?:\\.|[^"\\\n])*"
      | (?<!\w)'(?:\\.|[^'\\\n])*'
    """,
    re.VERBOSE | re.DOTALL,
)
_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def own_files(root):
    """Paths of all our files, relative to root: what git tracks or would track, else everything but build/."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        names = [name for name in listed.stdout.split("\0") if name]
        paths = {pathlib.PurePosixPath(name) for name in names}
    else:
        paths = {pathlib.PurePosixPath(path.relative_to(root).as_posix()) for path in root.rglob("*")}
    ours = [path for path in paths if (root / path).is_file() and path.parts[0] not in ("build", ".git")]
    return sorted(ours)


def is_cpp(path):
    return path.suffix in CPP_SUFFIXES


def is_generated(path):
    """The golden files of the compiler are its output, word for word; they follow none of our habits."""
    return path.parts[:2] == ("compiler", "testdata")


def is_test(path):
    """Whether a file beside the code is for tests alone: x_test.cc, and what tests share under such a name."""
    return is_cpp(path) and path.stem.endswith(("_test", "_for_test", "_oracle"))


def code_only(text):
    """The text with comments and literals blanked out; every line keeps its number."""
    def blank(match):
        return "\n" * match.group(0).count("\n") if match.group(0).startswith(("//", "/*")) else (
            '""' + "\n" * match.group(0).count("\n"))
    return _NOISE.sub(blank, text)


def without_comments(text):
    """The text without its comments, literals kept; every line keeps its number."""
    def blank(match):
        found = match.group(0)
        return "\n" * found.count("\n") if found.startswith(("//", "/*")) else found
    return _NOISE.sub(blank, text)


def includes(text):
    """Yields (line number, whether quoted, name) of each include."""
    clean = without_comments(text)
    for match in _INCLUDE.finditer(clean):
        yield clean.count("\n", 0, match.start(2)) + 1, match.group(1) == '"', match.group(2)
