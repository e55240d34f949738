"""Writes docs/performance/figures.md and the pictures beside it from the JSON files of the benchmarks.

Every figure of the documentation comes from here, so that none is older than its machine's description says.
"""

import json

from . import goals, report

HEAD = """# The figures

Written by `./dev bench --page`, which measures; nothing in here is written by hand.
[performance.md](../performance.md) tells what the benchmarks do, and what follows from them.
"""

# In this order on the page: (benchmark, heading, what one needs to know to read it).
SECTIONS = (
    ("unary", "Unary calls",
     "Connections x calls in flight on each, 16 bytes a message; server on one core, client on another."),
    ("deadlines", "Calls with a deadline and metadata",
     "The same with a deadline of 10 s and four pairs of metadata each way."),
    ("blocking", "The blocking stub", "One thread that waits for each call."),
    ("in_process", "Calls inside of a process", "Client and server on one core, without a socket."),
    ("h2load", "Driven by h2load", "A load generator that is nobody's own; nghttpd answers plain requests."),
    ("streaming", "Streams", "Messages each way."),
    ("publish", "Messages of 50 KB", "On 9 channels, beside JSON over HTTP/1.1."),
    ("saturation", "Throughput against calls in flight", "On one connection."),
    ("latency", "Latency against load",
     "An open loop: calls are due at equal distances, and count from then. A row whose `rps` is less than 98 % of what its "
     "case offers is beyond the system's limit."),
    ("connections", "What a call costs as connections grow", "One call in flight on each."),
    ("loops", "Loops",
     "A server of so many loops and as many client processes, 10 x 100 each. Where `shared_cores` is yes, the machine has "
     "too few cores for both, and the row shows what too many loops cost."),
    ("idle", "Idle connections", "Bytes of server memory."),
    ("streams_idle", "Idle streams", "Bytes of server memory."),
    ("overload", "Overload", "More calls than the server can answer."),
    ("allocations", "Heap allocations", "By rhei for each call, both sides together."),
    ("profile", "Where the instructions go",
     "For each call, or message there and back, of both sides together, in the guard's simulated world."),
    ("footprint", "Footprint", "A hello server without TLS."),
    ("compile_time", "Time to compile", "Seconds."),
)
PICTURES = {"unary": "cpu"}


def markdown(rows):
    """Rows as a table of Markdown."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    lines = [keys, ["---"] * len(keys)]
    lines += [[report.cell(row.get(key)) for key in keys] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine_line(where):
    """The machine and its versions, but for rhei's, which is each table's own."""
    versions = ", ".join(f"{name} {version}" for name, version in where["versions"].items()
                         if name != "rhei" and version != "unknown")
    return f"{where['cores']} cores of {where['cpu']}, Linux {where['kernel']}; {versions}."


def _run_line(name, content):
    where = content["machine"]
    quick = " --quick" if content.get("quick") else ""
    return (f"`./dev bench {name}{quick}`, {where['date'][:10]}, rhei {where['versions']['rhei']}, load before "
            f"{where['load_before']:.1f}.")


def _section(name, heading, explanation, content, pictures):
    parts = [f"## {heading}", f"{explanation} {_run_line(name, content)}"]
    picture = pictures / f"{PICTURES.get(name, name)}.svg"
    if picture.is_file():
        parts.append(f"![{heading}]({picture.name})")
    parts.append(markdown(content["rows"]))
    parts += [f"A cliff: {text}." for text in content.get("cliffs", ())]
    return "\n\n".join(parts)


def write(results, pictures):
    """Writes the page from all files there are, also of earlier runs; returns its path."""
    parts = [HEAD.strip()]
    reached = goals.rows(results)
    if reached:
        parts.append("## The goals\n\nAnd what of them is reached, from the tables below.\n\n" + markdown(reached))
    machines = {}
    for name, heading, explanation in SECTIONS:
        path = results / f"{name}.json"
        if path.is_file():
            content = json.loads(path.read_text())
            parts.append(_section(name, heading, explanation, content, pictures))
            machines.setdefault(machine_line(content["machine"]), []).append(heading)
    parts.append("## Where it was measured")
    parts += [f"{', '.join(headings)}: {line}" for line, headings in machines.items()]
    pictures.mkdir(parents=True, exist_ok=True)
    page = pictures / "figures.md"
    page.write_text("\n\n".join(parts) + "\n")
    return page
