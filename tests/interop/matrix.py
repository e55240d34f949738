"""What came of the cases: reading a client's lines, and showing all rows as a table."""

import dataclasses
import re

CASES = ("empty_unary", "large_unary", "large", "codes", "unicode", "details", "metadata", "at_once",
         "client_streaming", "server_streaming", "ping_pong", "empty_stream",
         "client_first", "server_first", "both_at_once", "many_messages",
         "server_fails", "server_resets", "cancel", "deadline", "killed", "restart")

# Cases that not every pair has: which server has them, and why the others do not.
OF_SERVER = {"server_resets": ("C++", "the server's API gives each call a status; none resets a stream")}


def absent_cases(server):
    """The cases that a server does not have, and why."""
    return {case: reason for case, (title, reason) in OF_SERVER.items() if title != server}


OUTCOME = re.compile(r"(\w+) (?:(ok)|FAILED: (.*))")
OK = ""


@dataclasses.dataclass
class Row:
    """One client against one server."""
    client: str
    server: str
    outcomes: dict = dataclasses.field(default_factory=dict)  # by case: OK, or why it failed
    troubles: list = dataclasses.field(default_factory=list)  # what went wrong beside the cases
    cases: tuple = CASES
    absent: dict = dataclasses.field(default_factory=dict)  # cases that one of the two does not know, and why

    def wanted(self):
        return [case for case in self.cases if case not in self.absent]

    def passed(self):
        return not self.troubles and all(self.outcomes.get(case) == OK for case in self.wanted())

    def take(self, line):
        """Takes over the outcome in a client's line, and tells whether there was one."""
        found = OUTCOME.fullmatch(line)
        if not found or found.group(1) not in self.cases:
            return False
        self.outcomes[found.group(1)] = OK if found.group(2) else found.group(3)
        return True

    def cell(self, case):
        if case in self.absent:
            return "-"
        if case not in self.outcomes:
            return "none"
        return "ok" if self.outcomes[case] == OK else "FAILED"

    def reasons(self):
        """Yields a sentence for each thing that went wrong."""
        for case in self.wanted():
            if self.outcomes.get(case, OK) != OK:
                yield f"{case}: {self.outcomes[case]}"
        missing = [case for case in self.wanted() if case not in self.outcomes]
        if missing:
            yield f"without an outcome: {', '.join(missing)}"
        yield from self.troubles


def table(rows):
    """The rows as text, all of the same cases. There are more cases than languages: each case has a line, and each row
    a column."""
    cases = rows[0].cases
    columns = [("client", "server", *cases)] + [(row.client, row.server, *map(row.cell, cases)) for row in rows]
    lines = list(zip(*columns))
    widths = [max(map(len, column)) for column in columns]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]


def absences(rows):
    """Why there is a "-" in the table: a line for each reason, and the pairs that it holds for."""
    pairs = {}
    for row in rows:
        for case, reason in row.absent.items():
            pairs.setdefault((case, reason), []).append(f"{row.client} to {row.server}")
    return [f"- {case} ({', '.join(who)}): {reason}" for (case, reason), who in pairs.items()]


def summary(rows):
    passed = sum(row.passed() for row in rows)
    good = sum(row.cell(case) == "ok" for row in rows for case in row.wanted())
    return f"interop: {passed} of {len(rows)} rows passed, {good} of {sum(len(row.wanted()) for row in rows)} cases"


def report(*tables):
    """The whole report, as text: what went wrong, the tables, the summary in the last line. A table is a title and its
    rows; one without rows is left out."""
    tables = [(title, rows) for title, rows in tables if rows]
    rows = [row for _, some in tables for row in some]
    lines = [f"{row.client} client, {row.server} server: {reason}" for row in rows for reason in row.reasons()]
    lines += [""] if lines else []
    for title, some in tables:
        lines += [f"{title}:", *table(some), *absences(some), ""]
    return "\n".join([*lines, summary(rows)])
