"""The benchmark `footprint`: what a hello server weighs, and how soon after its start it has answered.

Statically linked: the bytes of the stripped program. Dynamically linked: how many shared libraries it loads, and the bytes
of program and libraries together. Each is started many times; first_answer_ms is from before its start to the end of its
first answer.
"""

import pathlib
import re
import shutil
import statistics
import subprocess

from . import report
from .processes import Failure

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PROJECT = REPOSITORY / "bench" / "footprint"
BUILDS = REPOSITORY / "build" / "bench" / "footprint"
PROGRAMS = {"rhei": "hello_rhei", "grpc-c++": "hello_grpc"}
LINKAGES = ("static", "dynamic")
STARTS = 21
QUICK_STARTS = 3
LINES_SHOWN = 20


def _run(*command):
    """What a command prints; the end of it is shown when it fails."""
    command = [str(part) for part in command]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        last_lines = "\n".join(done.stdout.splitlines()[-LINES_SHOWN:])
        raise Failure(f"exit code {done.returncode}: {' '.join(command)}\n{last_lines}")
    return done.stdout


def _build(linkage, plugin, targets):
    """Builds the project of bench/footprint and strips its servers; returns the folder."""
    folder = BUILDS / linkage
    launcher = shutil.which("ccache") or ""
    _run("cmake", "-S", PROJECT, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", f"-DLINKAGE={linkage}",
         f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}", f"-DRHEI_PROTOC_GEN_RHEI={plugin}")
    _run("cmake", "--build", folder, "--parallel", 2, "--target", "first_answer", *targets)
    for target in targets:
        _run("strip", folder / target)
    return folder


def libraries_of(listing):
    """The files of the shared libraries in what ldd prints; the kernel's own and the loader are not counted."""
    return [pathlib.Path(path) for path in re.findall(r"=> (/\S+)", listing)]


def _libraries(program):
    # Of a program that needs none, ldd says so and fails.
    listing = subprocess.run(["ldd", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return libraries_of(listing.stdout)


def _row(folder, linkage, system, milliseconds):
    program = folder / PROGRAMS[system]
    libraries = _libraries(program)
    return {"case": linkage, "system": system, "program_bytes": program.stat().st_size,
            "shared_libraries": len(libraries),
            "total_bytes": program.stat().st_size + sum(path.stat().st_size for path in libraries),
            "first_answer_ms": round(statistics.median(milliseconds), 2),
            "slowest_ms": round(max(milliseconds), 2)}


def _measure(settings, linkage, systems):
    """The rows of one linkage; the systems take turns."""
    folder = _build(linkage, settings.build / "compiler" / "protoc-gen-rhei", [PROGRAMS[system] for system in systems])
    starts = QUICK_STARTS if settings.quick else STARTS
    times = {system: [] for system in systems}
    # The first round brings the files into memory, and does not count.
    for number in range(starts + 1):
        for system in systems:
            said = _run(folder / "first_answer", folder / PROGRAMS[system])
            if number > 0:
                times[system].append(int(said) / 1000)
    settings.progress(f"footprint {linkage}: {starts} starts each")
    return [_row(folder, linkage, system, times[system]) for system in systems]


def run(settings):
    """Returns the content of the JSON file. Here a ratio is of bytes: below 1, rhei needs less."""
    systems = settings.choose(tuple(PROGRAMS), tuple(PROGRAMS))
    rows = [row for linkage in LINKAGES for row in _measure(settings, linkage, systems)]
    return {"rows": rows, "ratios": report.ratios(rows, key="total_bytes")}
