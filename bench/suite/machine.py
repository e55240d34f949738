"""Where and with what a benchmark ran: recorded beside its figures, which mean nothing without it."""

import datetime
import os
import pathlib
import platform
import subprocess


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
            "protobuf": _first_line("protoc", "--version").removeprefix("libprotoc "),
            "nghttp2": _first_line("h2load", "--version").split("/")[-1],
            "compiler": _first_line("c++", "--version"),
            "go": _first_line("go", "env", "GOVERSION").removeprefix("go"),
            "cpp-httplib": _first_line("pkg-config", "--modversion", "cpp-httplib"),
            "nlohmann-json": _first_line("pkg-config", "--modversion", "nlohmann_json"),
        },
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    }
