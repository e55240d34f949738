"""The peers in other languages: built by the languages' own tools, with exact versions, when a benchmark runs them.

They stand apart from the build of the rest, so that nobody waits for them who does not measure them. What builds the
programs of tests/interop builds these too.
"""

import pathlib
import sys

from .processes import Failure

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BENCH = REPOSITORY / "bench"
BUILDS = REPOSITORY / "build" / "bench" / "peers"

sys.path.insert(0, str(REPOSITORY / "tests" / "interop"))
import languages  # pylint: disable=wrong-import-position

_GO_PACKAGE = "rhei.example/bench/grpc"
_JAVA = ("java", "-cp", "target/classes:target/dependency/*")

# What `./dev` calls the toolchain of each, and how it is built and started, in its folder below BUILDS.
PEERS = {
    "grpc-go": ("go", languages.Language(
        title="Go",
        build=((*languages.GO_BUILD, "google.golang.org/protobuf/cmd/protoc-gen-go",
                "google.golang.org/grpc/cmd/protoc-gen-go-grpc"),
               ("protoc", "--plugin=bin/protoc-gen-go", "--plugin=bin/protoc-gen-go-grpc", "--go_out=.",
                f"--go_opt=module={_GO_PACKAGE},Mbench.proto={_GO_PACKAGE}/protocol", "--go-grpc_out=.",
                f"--go-grpc_opt=module={_GO_PACKAGE},Mbench.proto={_GO_PACKAGE}/protocol", "bench.proto"),
               (*languages.GO_BUILD, "./server", "./client")),
        server=("bin/server",), client=("bin/client",))),
    "tonic": ("rust", languages.Language(
        title="Rust",
        build=(("cargo", "build", "--locked", "--release"),),
        server=("target/release/server",), client=("target/release/client",))),
    "grpc-java": ("java", languages.Language(
        title="Java",
        build=(("mvn", "--batch-mode", "--no-transfer-progress", "compile"),),
        server=(*_JAVA, "bench.Server"), client=(*_JAVA, "bench.Client"))),
}


def toolchain(system):
    """The name of the language that a system needs beside C++, as `./dev interop` calls it; None without one."""
    return PEERS[system][0] if system in PEERS else None


def _sources(folder):
    """The files of a language below bench/peers by their paths in its build, with the messages, and for Go with what
    the programs of `publish` measure by."""
    found = {path.relative_to(BENCH / "peers" / folder): path
             for path in sorted((BENCH / "peers" / folder).rglob("*")) if path.is_file()}
    found[pathlib.Path("bench.proto")] = BENCH / "proto" / "bench.proto"
    if folder == "go":
        module = BENCH / "publish" / "go"
        for path in (module / "go.mod", *sorted((module / "bench").glob("*.go"))):
            found["publish" / path.relative_to(module)] = path
    return found


def build(system, progress):
    """Builds both programs of a peer, unless that has been done."""
    folder, language = PEERS[system]
    progress(f"building {system} where it has changed; what its tools say is in {BUILDS / folder / 'build.log'}")
    try:
        languages.build_from(language, _sources(folder), BUILDS / folder)
    except languages.BuildError as failure:
        raise Failure(str(failure)) from None


def command(system, side, cpu):
    """How a peer's "server" or "client" is started on a core. Runtimes with threads of their own need it from the
    outside, and before they begin: they count cores then."""
    folder, language = PEERS[system]
    return ["env", "--chdir", str(BUILDS / folder), "taskset", "-c", str(cpu), *getattr(language, side)]
