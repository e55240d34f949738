"""How the programs of each language are built and started."""

import dataclasses
import hashlib
import pathlib
import shutil
import subprocess
import sys

# Cargo's name of its own registry, which stands in each entry of its lock files. Ours go without it, and here it is in
# two parts, because no file of rhei names a registry.
CARGO_REGISTRY = "registry+https://github.com/rust-lang/crates" ".io-index"

GO_BUILD = ("go", "build", "-mod=readonly", "-buildvcs=false", "-o", "bin/")

SECONDS_TO_BUILD = 1200


class BuildError(Exception):
    """The programs of a language cannot be built; the text says what to do."""


@dataclasses.dataclass(frozen=True)
class Language:
    """Both ends in one language. Commands run in the folder they are built in."""
    title: str
    build: tuple
    server: tuple
    client: tuple


LANGUAGES = {
    "cpp": Language(
        title="C++",
        build=(("cmake", "-S", ".", "-B", "cmake", "-G", "Ninja"), ("cmake", "--build", "cmake")),
        server=("cmake/server",),
        client=("cmake/client",)),
    "python": Language(
        title="Python",
        build=((sys.executable, "-m", "venv", "venv"),
               ("venv/bin/pip", "--disable-pip-version-check", "install", "--no-deps", "--requirement",
                "requirements.txt"),
               ("venv/bin/python", "-m", "grpc_tools.protoc", "-I.", "--python_out=.", "--grpc_python_out=.",
                "interop.proto")),
        server=("venv/bin/python", "server.py"),
        client=("venv/bin/python", "client.py")),
    "node": Language(
        title="Node",
        build=(("npm", "ci", "--no-audit", "--no-fund"),),
        server=("node", "server.js"),
        client=("node", "client.js")),
    "go": Language(
        title="Go",
        build=((*GO_BUILD, "google.golang.org/protobuf/cmd/protoc-gen-go",
                "google.golang.org/grpc/cmd/protoc-gen-go-grpc"),
               ("protoc", "--plugin=bin/protoc-gen-go", "--plugin=bin/protoc-gen-go-grpc", "--go_out=.",
                "--go_opt=module=interop", "--go-grpc_out=.", "--go-grpc_opt=module=interop", "interop.proto"),
               (*GO_BUILD, "./server", "./client")),
        server=("bin/server",),
        client=("bin/client",)),
    "java": Language(
        title="Java",
        build=(("mvn", "--batch-mode", "--no-transfer-progress", "compile"),),
        server=("java", "-cp", "target/classes:target/dependency/*", "interop.Server"),
        client=("java", "-cp", "target/classes:target/dependency/*", "interop.Client")),
    "rust": Language(
        title="Rust",
        build=(("cargo", "build", "--locked"),),
        server=("target/debug/server",),
        client=("target/debug/client",)),
}


def restore_cargo_sources(lock):
    """Gives each package of a lock file that has a checksum the source that it was freed from."""
    return lock.replace("\nchecksum = ", f'\nsource = "{CARGO_REGISTRY}"\nchecksum = ')


def sources_of(name, here):
    """The files that a language's programs are built from, by their paths in the folder they are built in."""
    root = here / name
    files = {path.relative_to(root): path for path in sorted(root.rglob("*")) if path.is_file()}
    return {**files, pathlib.Path("interop.proto"): here / "interop.proto"}


def fingerprint(language, sources):
    digest = hashlib.sha256(repr(language).encode())
    for relative, path in sources.items():
        digest.update(f"{relative}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def copy_sources(sources, folder):
    """Copies them; their own folders have nothing else afterwards, so that no file stays that is not there any more."""
    for top in {relative.parts[0] for relative in sources if len(relative.parts) > 1}:
        shutil.rmtree(folder / top, ignore_errors=True)
    for relative, path in sources.items():
        target = folder / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
        if target.name == "Cargo.lock":
            target.write_text(restore_cargo_sources(path.read_text()))


def build(name, here, folder):
    """Builds the programs of a language in the folder, unless they were built there from the same sources."""
    build_from(LANGUAGES[name], sources_of(name, here), folder)


def build_from(language, sources, folder):
    """The same for anything that has commands to build it."""
    stamp, wanted = folder / "built.stamp", fingerprint(language, sources)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    copy_sources(sources, folder)
    with open(folder / "build.log", "wb") as log:
        for command in language.build:
            run_step(command, folder, log)
    stamp.write_text(wanted)


def run_step(command, folder, log):
    try:
        ran = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                             timeout=SECONDS_TO_BUILD)
    except FileNotFoundError:
        raise BuildError(f"install {command[0]}, or leave that to './dev interop'") from None
    except subprocess.TimeoutExpired:
        raise BuildError(f"see {log.name}: '{command[0]}' took more than {SECONDS_TO_BUILD} seconds") from None
    if ran.returncode != 0:
        raise BuildError(f"see {log.name}: '{' '.join(command)}' failed")
