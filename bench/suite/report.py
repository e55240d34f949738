"""From the figures of single runs to rows, ratios, a table and a file."""

import json
import statistics

FIGURES = ("rps", "p50_us", "p99_us", "server_cpu_us", "client_cpu_us")
ROW_KEYS = ("case", "system", *FIGURES, "errors")


def median_row(case, system, runs, figures=FIGURES):
    """One row from the runs of one system in one case: medians, but all errors added up.

    A run has these figures and errors; a value may be None where the system cannot tell.
    """
    row = {"case": case, "system": system}
    for key in figures:
        values = [run[key] for run in runs if run[key] is not None]
        row[key] = round(statistics.median(values), 3) if values else None
    row["errors"] = sum(run["errors"] for run in runs)
    return row


def interleaved(settings, name, case, systems, once, figures=FIGURES, pairs=None):
    """The rows of one case: each system once in a round, by once(system), and the medians of the rounds.

    `once` returns what a client printed, or these figures with errors. `pairs` gets, for this case, how many times as
    fast each system was as another in the same round, as the median over the rounds: what disturbs both cancels out.
    """
    runs = {system: [] for system in systems}
    for number in range(settings.rounds):
        for system in systems:
            run = once(system)
            if "rps" not in run:
                run["rps"] = run["requests"] / run["seconds"]
            runs[system].append(run)
            settings.progress(f"{name} {case} round {number + 1}/{settings.rounds} {system}: {run['rps']:,.0f}/s")
    if pairs is not None:
        pairs[case] = pair_ratios({system: [run["rps"] for run in of_system] for system, of_system in runs.items()})
    return [median_row(case, system, of_system, figures) for system, of_system in runs.items()]


def pair_ratios(rates):
    """{system: {other: median of the system's rate over the other's}} from the rates of the rounds of each."""
    return {system: {other: round(statistics.median(mine / theirs for mine, theirs in zip(own, others)), 3)
                     for other, others in rates.items() if other != system and all(others)}
            for system, own in rates.items() if system.startswith("rhei")}


def ratios(rows, subject="rhei", key="rps"):
    """{case: {peer: subject's value / the peer's}} for every case that has the subject."""
    result = {}
    for own in (row for row in rows if row["system"] == subject):
        peers = [row for row in rows if row["case"] == own["case"] and row["system"] != subject and row[key]]
        result[own["case"]] = {row["system"]: round(own[key] / row[key], 3) for row in peers}
    return result


def cell(value):
    """A figure as text."""
    if value is None:
        return "-"
    if isinstance(value, float):
        value = round(value, 2) + 0.0  # without the sign of a zero
        return f"{value:,.0f}" if value >= 1000 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else value


def table(rows):
    """The rows as text, their keys as the heading."""
    keys = list(rows[0])
    lines = [keys] + [[cell(row[key]) for key in keys] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(keys))]

    def aligned(line):
        cells = [text.ljust(width) if key in ("case", "system", "what") else text.rjust(width)
                 for key, text, width in zip(keys, line, widths)]
        return "  ".join(cells).rstrip()

    return "\n".join(aligned(line) for line in lines)


def ratio_text(by_case, what):
    """The ratios as lines of text."""
    lines = [f"{what}, {case}: " + ", ".join(f"{value:.2f} x {peer}" for peer, value in peers.items())
             for case, peers in by_case.items() if peers]
    return "\n".join(lines)


def write(path, content):
    """Writes a JSON file, with its folder where that is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")
