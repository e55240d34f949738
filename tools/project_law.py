"""The project's law that one line of text can break, each rule with its reason. check_layers.py runs it."""

import re

from cpp_source import code_only, includes, is_cpp, is_test

MOST_LINES = 1000
MANY_LINES = 400

CODE_SUFFIXES = {".h", ".cc", ".py", ".sh", ".cmake", ".proto", ".go"}
SIZED_SUFFIXES = {".h", ".cc", ".py", ".sh", ".cmake"}

POSIX = re.compile(
    r"(sys|netinet|arpa|net|linux)/.*"
    r"|(unistd|fcntl|poll|netdb|pthread|sched|signal|ifaddrs|dlfcn|dirent|termios|pwd|grp|spawn|semaphore|syslog)\.h")
THREADS = re.compile(r"thread|mutex|shared_mutex|condition_variable|semaphore|latch|barrier|future|stop_token")
SANS_IO = (("src", "http2"), ("src", "wire"))

CLOCK = re.compile(r"::now\s*\(")
SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(")
DICE = re.compile(r"\b(s?rand|rand_r|random)\s*\(|\brandom_device\b")
USING = re.compile(r"^\s*using\s+namespace\b")
LEFT_OVER = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")

# Written in parts, because this file too must not name them.
HOSTS = [".".join(parts) for parts in (
    ("proxy", "golang", "org"), ("sum", "golang", "org"), ("registry", "npmjs", "org"), ("pypi", "org"),
    ("files", "pythonhosted", "org"), ("crates", "io"), ("repo", "maven", "apache", "org"), ("repo1", "maven", "org"),
    ("deb", "debian", "org"), ("security", "debian", "org"), ("rubygems", "org"), ("docker", "io"), ("ghcr", "io"))]
HOST = re.compile(r"(?<![\w-])(" + "|".join(re.escape(host) for host in HOSTS) + r")\b")
MACHINE_PATH = re.compile(r"(?<![\w.~*)}$-])/(work|root|home|Users)/\w")


def read_text(path):
    """The text of a file, or None if it holds none."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def lines_matching(pattern, text):
    for number, line in enumerate(text.split("\n"), 1):
        if pattern.search(line):
            yield number


def is_for_tests(path):
    return path.parts[0] in ("tests", "testing") or is_test(path)


def is_code(path):
    return path.suffix in CODE_SUFFIXES or path.name in ("CMakeLists.txt", "dev", "run")


def check_file(path, text):
    """Yields (line, message) of each breach of the law in one file."""
    for line in lines_matching(HOST, text):
        yield line, "names a package registry's host: go through the registry's ordinary client"
    for line in lines_matching(MACHINE_PATH, text):
        yield line, "names a path of one machine: make it relative or an argument"
    if is_code(path):
        for line in lines_matching(LEFT_OVER, text):
            yield line, "leaves work behind: do it now, or open an issue"
        if path.suffix in SIZED_SUFFIXES and text.count("\n") > MOST_LINES:
            yield 1, f"has {text.count(chr(10))} lines, and {MOST_LINES} is the most: one file is one idea, split it"
    if is_cpp(path):
        yield from check_cpp(path, text)
    elif path.suffix == ".py" and is_for_tests(path):
        for line in lines_matching(SLEEP, text):
            yield line, "sleeps in a test: wait for the event itself"


def check_cpp(path, text):
    code = code_only(text)
    if path.suffix == ".h":
        for line in lines_matching(USING, code):
            yield line, "has `using namespace` in a header: it would reach every file that includes it"
        if "#pragma once" not in code:
            yield 1, "lacks `#pragma once`"
    if is_for_tests(path):
        for line in lines_matching(SLEEP, code):
            yield line, "sleeps in a test: use the simulated loop's time, or wait for the event itself"
    elif is_timeless(path):
        for pattern, what in ((CLOCK, "reads a clock"), (SLEEP, "sleeps"), (DICE, "rolls a die")):
            for line in lines_matching(pattern, code):
                yield line, f"{what}: time and randomness are given, never taken, outside src/runtime"
    yield from check_system_headers(path, text)


def is_timeless(path):
    return path.parts[0] == "include" or (path.parts[0] == "src" and path.parts[1] != "runtime")


def check_system_headers(path, text):
    sans_io = path.parts[:2] in SANS_IO and not is_test(path)
    posix_folder = path.parts[:3] == ("src", "runtime", "posix") or path.parts[0] in ("tests", "bench", "fuzz") or (
        path.parts[:2] == ("src", "runtime") and is_test(path))
    for line, quoted, name in includes(text):
        if quoted:
            continue
        if POSIX.fullmatch(name) and not posix_folder:
            yield line, f"includes <{name}>: POSIX calls live in src/runtime/posix"
        if sans_io and THREADS.fullmatch(name):
            yield line, f"includes <{name}>: {path.parts[1]} knows no threads"


def warn_of_size(path, text):
    """A word of warning about a file that grows too long, or None."""
    lines = text.count("\n")
    if path.suffix in SIZED_SUFFIXES and MANY_LINES < lines <= MOST_LINES:
        return f"has {lines} lines; most files stay under {MANY_LINES}"
    return None
