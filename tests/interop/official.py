"""The official cases: rhei's interop_client and interop_server of tools/interop beside those of other languages.

A client is started for each case, and its exit code is the outcome. README.md tells the cases.
"""

import contextlib
import dataclasses
import itertools
import pathlib
import signal
import socket
import subprocess
import sys

import languages
import matrix

SCALING = "max_concurrent_streams_connection_scaling"
CASES = ("empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong", "empty_stream",
         "custom_metadata", "status_code_and_message", "special_status_message", "unimplemented_method",
         "unimplemented_service", "cancel_after_begin", "cancel_after_first_response", "timeout_on_sleeping_server",
         "rpc_soak", "channel_soak", SCALING)

PROTOS = ("empty.proto", "messages.proto", "test.proto")  # of tools/interop

SECONDS_TO_LISTEN = 30
SECONDS_TO_STOP = 30
SECONDS_PER_CASE = 60

# What a case needs of the server.
SERVER_FLAGS = {SCALING: ("--max_concurrent_streams=2",)}

# A soak is about correct answers here: a machine that compiles beside it must not make it fail.
CLIENT_FLAGS = ("--soak_iterations=20", "--soak_per_iteration_max_acceptable_latency_ms=10000",
                "--soak_overall_timeout_seconds=50")


@dataclasses.dataclass(frozen=True)
class Programs:
    """Both ends of one implementation. Commands run in the folder they are built in."""
    title: str
    build: tuple
    server: tuple
    client: tuple
    ends_well: bool = False  # whether the server ends with exit code 0 after SIGTERM
    no_client_case: dict = dataclasses.field(default_factory=dict)  # cases that the client does not know, and why
    no_server_case: dict = dataclasses.field(default_factory=dict)


RHEI = Programs(
    title="rhei", build=(), server=("./interop_server", "--address_type=IPV4"), client=("./interop_client",),
    ends_well=True)

# By the language that a user names on the command line.
OTHERS = {
    "go": Programs(
        title="Go",
        build=((*languages.GO_BUILD, "google.golang.org/grpc/interop/client", "google.golang.org/grpc/interop/server"),),
        server=("bin/server",),
        client=("bin/client",),
        no_client_case={SCALING: "grpc-go's client has no such case"},
        no_server_case={SCALING: "grpc-go's server has neither the limit nor the client's address"}),
    "java": Programs(
        title="Java",
        build=(("mvn", "--batch-mode", "--no-transfer-progress", "compile"),),
        server=("java", "-cp", "target/dependency/*", "io.grpc.testing.integration.TestServiceServer",
                "--use_tls=false"),
        client=("java", "-cp", "target/dependency/*", "io.grpc.testing.integration.TestServiceClient",
                "--use_tls=false"),
        no_client_case={SCALING: "grpc-java 1.79's client has no such case"},
        no_server_case={SCALING: "grpc-java 1.79's server has neither the limit nor the client's address"}),
    "python": Programs(
        title="Python",
        build=((sys.executable, "-m", "venv", "venv"),
               ("venv/bin/pip", "--disable-pip-version-check", "install", "--no-deps", "--requirement",
                "requirements.txt"),
               ("venv/bin/python", "-m", "grpc_tools.protoc", "-I.", "--python_out=.", "--grpc_python_out=.", *PROTOS)),
        server=("venv/bin/python", "server.py"),
        client=("venv/bin/python", "client.py"),
        no_client_case={SCALING: "grpcio has connection scaling as an experiment only"}),
    "node": Programs(
        title="Node",
        build=(("npm", "ci", "--no-audit", "--no-fund"),),
        server=("node", "server.js"),
        client=("node", "client.js"),
        no_client_case={SCALING: "grpc-js has one connection for each address"}),
    "cpp": Programs(
        title="C++",
        build=(("cmake", "-S", ".", "-B", "cmake", "-G", "Ninja"), ("cmake", "--build", "cmake")),
        server=("cmake/server",),
        client=("cmake/client",),
        no_client_case={SCALING: "gRPC C++ has connection scaling as an experiment only"}),
    "rust": Programs(
        title="Rust",
        build=(("cargo", "build", "--locked"),),
        server=("target/debug/server",),
        client=("target/debug/client",),
        no_client_case={SCALING: "tonic has one connection for each channel",
                        **dict.fromkeys(("cancel_after_begin", "cancel_after_first_response"),
                                        "tonic cancels a call by dropping it, which has no status"),
                        "timeout_on_sleeping_server": "tonic ends a call past its deadline with CANCELLED"}),
}


class ServerError(Exception):
    """A server did not start or stop as it must."""


def free_port():
    """A port that the system picks. The official servers take a port, and do not tell the one that they got."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_listening(process, port):
    for _ in range(SECONDS_TO_LISTEN * 10):
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            raise ServerError(f"the server ended with exit code {process.wait(0.1)} before it listened")
    raise ServerError(f"the server did not listen on port {port} within {SECONDS_TO_LISTEN} seconds")


@contextlib.contextmanager
def serving(programs, folder, log, flags=()):
    """Gives the port of a server, which has to stop when it is told to."""
    port = free_port()
    with subprocess.Popen([*programs.server, f"--port={port}", *flags], cwd=folder, stdin=subprocess.DEVNULL, stdout=log,
                          stderr=log) as process:
        try:
            wait_until_listening(process, port)
            yield port
            if process.poll() is not None:
                raise ServerError(f"the server ended with exit code {process.returncode} before it was told to")
            process.send_signal(signal.SIGTERM)
            process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            raise ServerError(f"the server still ran {SECONDS_TO_STOP} seconds after SIGTERM") from None
        finally:
            process.kill()
    if programs.ends_well and process.returncode != 0:
        raise ServerError(f"the server ended with exit code {process.returncode} after SIGTERM")


def run_case(programs, folder, log, port, case):
    """The outcome of one case: OK, or the last line that the client printed, stack traces apart."""
    command = [*programs.client, "--server_host=127.0.0.1", f"--server_port={port}", f"--test_case={case}",
               *CLIENT_FLAGS]
    try:
        ran = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, timeout=SECONDS_PER_CASE)
    except subprocess.TimeoutExpired:
        return f"the client still ran after {SECONDS_PER_CASE} seconds"
    log.write(f"{case}: exit code {ran.returncode}\n{ran.stdout}".encode())
    log.flush()
    if ran.returncode == 0:
        return matrix.OK
    words = [line for line in ran.stdout.split("\n") if line.strip() and not line.startswith("\tat ")]
    return f"{words[-1] if words else 'no word'} (exit code {ran.returncode})"


def run_row(client, server, log_path):
    """One row. A client and a server are pairs of programs and the folder they are in."""
    absent = {**client[0].no_client_case, **server[0].no_server_case}
    row = matrix.Row(client[0].title, server[0].title, cases=CASES, absent=absent)
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with open(log_path, "wb") as log:
        try:
            for flags, cases in itertools.groupby(row.wanted(), lambda case: SERVER_FLAGS.get(case, ())):
                with serving(*server, log, flags) as port:
                    for case in cases:
                        row.outcomes[case] = run_case(*client, log, port, case)
        except (ServerError, OSError) as error:
            row.troubles.append(str(error))
    return row


def sources_of(name, here):
    root = here / "official" / name
    files = {path.relative_to(root): path for path in sorted(root.rglob("*")) if path.is_file()}
    protocol = here.parent.parent / "tools" / "interop"
    return {**files, **{path.relative_to(protocol): path for path in sorted(protocol.glob("*.proto"))}}


def rows_of(name, here, work, rhei_folder):
    """Builds the official programs of one language and runs them against rhei's; gives both rows."""
    programs, folder = OTHERS[name], (work / f"official_{name}").resolve()
    rhei, other = (RHEI, rhei_folder.resolve()), (programs, folder)
    pairs = ((rhei, other), (other, rhei))
    try:
        languages.build_from(programs, sources_of(name, here), folder)
    except languages.BuildError as error:
        trouble = f"the official programs of {programs.title} do not build; {error}"
        return [matrix.Row(client[0].title, server[0].title, cases=CASES, troubles=[trouble])
                for client, server in pairs]
    logs = pathlib.Path(work) / "logs"
    return [run_row(client, server, logs / f"official-{client[0].title}-{server[0].title}.log")
            for client, server in pairs]
