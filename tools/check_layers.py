#!/usr/bin/env python3
"""Holds the layers: which room may include which, and the project's law (project_law.py).

    tools/check_layers.py [ROOT]

Prints one line per breach, `file:line: what is wrong and what to do`; exits with 1 if there is one.
ARCHITECTURE.md says what the rooms are for.
"""

import pathlib
import posixpath
import sys

import project_law
from cpp_source import includes, is_cpp, is_generated, is_test, own_files

# The rooms of src/, each with the rooms below it that it may include. http2 and runtime are siblings, and only
# transport knows both; wire is for transport, and for the scripted peers of testing.
ROOMS = {
    "base": set(),
    "http2": {"base"},
    "runtime": {"base"},
    "tls": {"base", "runtime"},
    "wire": {"base", "http2"},
    "transport": {"base", "http2", "runtime", "tls", "wire"},
    "rpc": {"base", "runtime", "transport"},
    "interceptors": {"base", "rpc"},
    "client": {"base", "runtime", "transport", "rpc"},
    "protobuf": {"base", "wire", "rpc", "client"},
}

# The room of each public header, include/rhei/NAME.h. A header may be included by whoever may include its room.
PUBLIC_HEADERS = {
    "base": "abuse any_message codec context context_state executor function limits log message message_pieces metadata pooled promise result status_code task time version",
    "runtime": "asio exit_code runtime sleep",
    "transport": "client_call http_handler message_stream server_call server_context",
    "rpc": "call call_options call_streams interceptor server service stream stream_observer streaming_method unary_method",
    "interceptors": "adaptive_limit call_limits call_logging call_metrics header_propagation request_validation",
    "client": "channel generic inprocess rhei streaming_call",
    "protobuf": "error_details protobuf rpc/error_details.pb",
}

# The folders outside src/ and include/: the rooms whose internal headers each may include. All may include public ones.
OUTSIDE = {
    "compiler": set(),
    "src/services": set(),
    "src/gateway": set(),
    "cli": set(),
    "examples": set(),
    "tools": set(),
    "testing": {"base", "http2", "runtime", "wire", "transport"},
    "tests": set(ROOMS) | {"testing", "tests"},
    "bench": set(ROOMS) | {"testing", "bench"},
    "fuzz": set(ROOMS) | {"testing", "fuzz"},
}

# testing stands on the simulated world, never on the machine.
NOT_FOR_TESTING = ("runtime/asio/", "runtime/posix/")

# Other people's headers, by their beginning, and the only rooms that may include them (tests, bench and fuzz apart).
FOREIGN = {
    "asio": {"runtime", "examples"},
    "ares": {"runtime"},
    "openssl/": {"tls"},
    "google/protobuf/": {"protobuf", "compiler", "examples", "src/services", "src/gateway", "cli", "testing"},
    "nghttp2/": set(),
    "grpcpp/": set(),
    "grpc/": set(),
}

ROOM_OF_HEADER = {f"rhei/{name}.h": room for room, names in PUBLIC_HEADERS.items() for name in names.split()}


def room_of(path):
    """The room or folder that a file of ours belongs to, or None if no rule applies to it."""
    parts = path.parts
    if parts[:2] == ("include", "rhei"):
        return ROOM_OF_HEADER.get("/".join(parts[1:]))
    if parts[0] == "src" and len(parts) > 2:
        folder = "/".join(parts[:2])
        return folder if folder in OUTSIDE else parts[1]
    return parts[0] if parts[0] in OUTSIDE else None


def target_of(path, name, quoted, known):
    """What an include names: the path of our file, relative to the root, or None if it is not ours."""
    if name.startswith("rhei/"):
        return "include/" + name
    if quoted:
        for base in ("src", "", path.parent.as_posix()):
            candidate = posixpath.normpath(posixpath.join(base, name))
            if pathlib.PurePosixPath(candidate) in known:
                return candidate
        if name.split("/")[0] in ROOMS:
            return "src/" + name
    return None


def allowed_rooms(path, room):
    """The rooms that a file may include, its own among them."""
    if path.parts[0] == "include":
        return ROOMS[room] | {room}
    allowed = (ROOMS.get(room) if room in ROOMS else OUTSIDE[room]) | {room}
    return allowed | {"testing"} if is_test(path) else allowed


def breach_of_layers(path, room, target):
    """Why `path` may not include our file `target`, or None if it may."""
    there = pathlib.PurePosixPath(target)
    if there.parts[0] == "include":
        return breach_of_public_header(path, room, there)
    if path.parts[0] == "include":
        return f"a public header includes '{target}': public headers include public headers only"
    other = room_of(there)
    if other is None or other in allowed_rooms(path, room):
        if room == "testing" and target.startswith(tuple("src/" + name for name in NOT_FOR_TESTING)):
            return f"testing includes '{target}': it may use runtime's interfaces and runtime/simulation only"
        return None
    return f"{room} may not include {other} ('{target}'): move the code down, or invert the dependency by an interface"


def breach_of_public_header(path, room, header):
    name = "/".join(header.parts[1:])
    other = ROOM_OF_HEADER.get(name)
    if other is None:
        return f"'{name}' has no room: add it to PUBLIC_HEADERS in tools/check_layers.py"
    if room not in ROOMS or other in allowed_rooms(path, room):
        return None
    return f"{room} may not include '{name}', which belongs to {other}"


def breach_of_foreign(path, room, name):
    """Why `path` may not include the foreign header `name`, or None if it may."""
    if room in ("tests", "bench", "fuzz") or is_test(path):
        return None
    for beginning, rooms in FOREIGN.items():
        theirs = name.startswith(beginning if beginning.endswith("/") else (beginning + "/", beginning + ".h"))
        if theirs and room not in rooms:
            return f"{room} may not include <{name}>: only {', '.join(sorted(rooms)) or 'tests and benchmarks'} may"
    return None


def check_file(path, text, known):
    """Yields (line, message) of each breach of the layers in one file."""
    if path.parts[:2] == ("include", "rhei") and room_of(path) is None:
        yield 1, f"'{'/'.join(path.parts[1:])}' has no room: add it to PUBLIC_HEADERS in tools/check_layers.py"
        return
    room = room_of(path)
    if room is None:
        return
    if room not in ROOMS and room not in OUTSIDE:
        yield 1, f"src/{room} is no room: add it to ROOMS in tools/check_layers.py"
        return
    for line, quoted, name in includes(text):
        target = target_of(path, name, quoted, known)
        breach = breach_of_layers(path, room, target) if target else breach_of_foreign(path, room, name)
        if breach:
            yield line, breach


def main(arguments):
    root = pathlib.Path(arguments[0] if arguments else ".").resolve()
    paths = own_files(root)
    known = set(paths)
    breaches = 0
    for path in paths:
        if is_generated(path):
            continue
        text = project_law.read_text(root / path)
        if text is None:
            continue
        found = list(project_law.check_file(path, text))
        if is_cpp(path):
            found += check_file(path, text, known)
        for line, message in sorted(found):
            print(f"{path}:{line}: {message}")
        breaches += len(found)
        if warning := project_law.warn_of_size(path, text):
            print(f"{path}:1: warning: {warning}")
    print(f"layers and law: {len(paths)} files, {breaches} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
