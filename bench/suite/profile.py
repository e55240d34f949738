"""The benchmark `profile`: where the instructions of an RPC go, room by room, counted by callgrind on the guard's program.

An instruction belongs to the room of the function that it was compiled into; what was inlined counts for its caller.
"""

import pathlib
import re
import subprocess
import tempfile

from .processes import Failure, require_program

CASES = ("co_await", "stream")
CALLS = 5_000
# Rooms by how the names of their functions begin; the first that fits counts.
ROOMS = (("bench", r"rhei::bench::|rhei::v0::testing::|operator (new|delete)"), ("http2", r"rhei::v0::http2::"),
         ("simulation", r"rhei::v0::runtime::"), ("wire", r"rhei::v0::wire::"), ("transport", r"rhei::v0::transport::"),
         ("rpc", r"rhei::v0::rpc::"), ("client", r"rhei::v0::client::|rhei::v0::Channel"),
         ("public headers, base", r"rhei::"),
         ("protobuf", r"google::protobuf"), ("copying", r"_*mem(cpy|move|set|cmp)"), ("heap", r"_*(malloc|free|_int_\w+)"))
REST = "other"


def own_name(function):
    """A function's name with its namespaces: without result, parameters, and arguments of templates."""
    text = function.replace("(anonymous namespace)::", "")
    while (stripped := re.sub(r"<[^<>]*>", "", text)) != text:
        text = stripped
    return text.split("(")[0].split(" ")[-1] if "operator" not in text else text.split("(")[0]


def room_of(function):
    name = own_name(function)
    return next((room for room, pattern in ROOMS if re.match(pattern, name)), REST)


def by_function(listing):
    """{function: instructions} from what callgrind_annotate prints."""
    lines = re.findall(r"^\s*([\d,]+) \([ \d.]+%\)\s+\S*?:(.*?)(?: \[[^\]]*\])?$", listing, re.MULTILINE)
    found = {}
    for count, function in lines:
        found[function] = found.get(function, 0) + int(count.replace(",", ""))
    return found


def _run(*command):
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=300)
    except FileNotFoundError as missing:
        raise Failure(f"{missing.filename} is not installed (valgrind)") from None
    if done.returncode != 0:
        raise Failure(f"exit code {done.returncode}: {command[0]}\n{done.stderr}")
    return done.stdout


def _count(program, case, calls):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "callgrind.out")
        _run("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", program, "--case", case, "--calls", calls)
        return by_function(_run("callgrind_annotate", "--threshold=100", out))


def per_room(once, twice, calls):
    """{room: instructions for each call} from two runs, the second with twice as many; what start-up costs cancels out."""
    rooms = {}
    for function, count in twice.items():
        rooms[room_of(function)] = rooms.get(room_of(function), 0) + (count - once.get(function, 0)) / calls
    return rooms


def run(settings):
    """Returns the content of the JSON file."""
    program = require_program(settings.programs / "guard_unary")
    rows = []
    for case in CASES[:1] if settings.quick else CASES:
        rooms = per_room(_count(program, case, CALLS), _count(program, case, 2 * CALLS), CALLS)
        total = sum(rooms.values())
        rows += [{"case": case, "system": "rhei", "room": room, "instructions": round(count, 1),
                  "share": round(count / total, 3)}
                 for room, count in sorted(rooms.items(), key=lambda item: -item[1]) if count >= 1]
        settings.progress(f"profile {case}: {total:,.0f} instructions for each call")
    return {"rows": rows}
