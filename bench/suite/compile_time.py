"""The benchmark `compile_time`: how long users wait: for the library from clean, and for a unit of theirs.

The unit is compiled with one generated stub and with the protobuf header alone; the difference is what rhei adds.
"""

import pathlib
import statistics
import subprocess
import tempfile
import time

from .processes import Failure

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
UNITS = REPOSITORY / "bench" / "compile_time"
PROTO = REPOSITORY / "bench" / "proto"
JOBS = 2
UNIT_ROUNDS = 3
LINES_SHOWN = 20


def _seconds(command):
    """How long a command takes; the end of what it prints is shown when it fails."""
    command = [str(part) for part in command]
    begun = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        last_lines = "\n".join(done.stdout.splitlines()[-LINES_SHOWN:])
        raise Failure(f"exit code {done.returncode}: {' '.join(command)}\n{last_lines}")
    return time.monotonic() - begun


def _build(folder, target):
    return _seconds(["cmake", "--build", folder, "--target", target, "-j", JOBS])


def _unit_seconds(source, generated):
    """A release build of one unit, as the median of a few."""
    command = ["c++", "-std=c++20", "-O2", "-c", "-o", "/dev/null", f"-I{generated}", f"-I{REPOSITORY / 'include'}",
               source]
    return statistics.median(_seconds(command) for _ in range(UNIT_ROUNDS))


def _generate(build, generated):
    """Messages and stub of bench.proto, by the plugin of that build."""
    _build(build, "protoc-gen-rhei")
    plugin = next((path for path in build.rglob("protoc-gen-rhei") if path.is_file()), None)
    if plugin is None:
        raise Failure("the target protoc-gen-rhei made no program of that name")
    generated.mkdir()
    _seconds(["protoc", f"--proto_path={PROTO}", f"--cpp_out={generated}", f"--rhei_out={generated}",
              f"--plugin=protoc-gen-rhei={plugin}", "bench.proto"])


def run(settings):
    """Returns the content of the JSON file. Needs nothing of the build folder: it makes its own, without a cache."""
    with tempfile.TemporaryDirectory() as temporary:
        build, generated = pathlib.Path(temporary, "build"), pathlib.Path(temporary, "generated")
        _seconds(["cmake", "-S", REPOSITORY, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                  "-DRHEI_BUILD_TESTS=OFF", "-DRHEI_BUILD_EXAMPLES=OFF", "-DCMAKE_CXX_COMPILER_LAUNCHER="])
        library = _build(build, "rhei")
        settings.progress(f"compile_time: library from clean with {JOBS} jobs: {library:.1f} s")
        _generate(build, generated)
        with_stub = _unit_seconds(UNITS / "user_unit.cc", generated)
        protobuf_alone = _unit_seconds(UNITS / "protobuf_unit.cc", generated)
    figures = {"library": library, "unit-with-stub": with_stub, "unit-with-protobuf-alone": protobuf_alone,
               "unit-difference": with_stub - protobuf_alone}
    return {"rows": [{"case": case, "system": "rhei", "seconds": round(value, 2)} for case, value in figures.items()]}
