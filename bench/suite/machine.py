"""Where and with what a benchmark ran: recorded beside its figures, which mean nothing without it."""

import datetime
import functools
import os
import pathlib
import platform
import re
import subprocess


@functools.cache  # a compiler takes long to say its version, and a suite asks often
def _first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def _cpu_model():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _revision():
    root = pathlib.Path(__file__).resolve().parents[2]
    return _first_line("git", "-C", str(root), "describe", "--always", "--dirty")


def _pinned(path, pattern):
    """A version that a peer of bench/peers is pinned to."""
    found = re.search(pattern, (pathlib.Path(__file__).resolve().parents[1] / "peers" / path).read_text())
    return found[1] if found else "unknown"


def describe():
    """The `machine` object of the JSON files."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "load_before": os.getloadavg()[0],
        "versions": {
            "rhei": _revision(),
            "grpc-c++": _first_line("pkg-config", "--modversion", "grpc++"),
            "grpc-go": _pinned("go/go.mod", r"google.golang.org/grpc v(\S+)"),
            "tonic": _pinned("rust/Cargo.toml", r'tonic = "=([^"]+)"'),
            "grpc-java": _pinned("java/pom.xml", r"<grpc.version>([^<]+)"),
            "protobuf": _first_line("protoc", "--version").removeprefix("libprotoc "),
            "nghttp2": _first_line("h2load", "--version").split("/")[-1],
            "compiler": _first_line("c++", "--version"),
            "rustc": _first_line("rustc", "--version").removeprefix("rustc "),
            "java": _first_line("javac", "-version").removeprefix("javac "),
            "go": _first_line("go", "env", "GOVERSION").removeprefix("go"),
            "cpp-httplib": _first_line("pkg-config", "--modversion", "cpp-httplib"),
            "nlohmann-json": _first_line("pkg-config", "--modversion", "nlohmann_json"),
        },
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    }
