"""What came of the cases: reading a client's lines, and showing all rows as a table."""

import dataclasses
import re

CASES = ("empty_unary", "large_unary", "large", "codes", "unicode", "details", "metadata", "at_once",
         "client_streaming", "server_streaming", "ping_pong", "empty_stream",
         "client_first", "server_first", "both_at_once", "many_messages",
         "server_fails", "cancel", "deadline", "killed", "restart")

OUTCOME = re.compile(r"(\w+) (?:(ok)|FAILED: (.*))")
OK = ""


@dataclasses.dataclass
class Row:
    """One client against one server."""
    client: str
    server: str
    outcomes: dict = dataclasses.field(default_factory=dict)  # by case: OK, or why it failed
    troubles: list = dataclasses.field(default_factory=list)  # what went wrong beside the cases

    def passed(self):
        return not self.troubles and all(self.outcomes.get(case) == OK for case in CASES)

    def take(self, line):
        """Takes over the outcome in a client's line, and tells whether there was one."""
        found = OUTCOME.fullmatch(line)
        if not found or found.group(1) not in CASES:
            return False
        self.outcomes[found.group(1)] = OK if found.group(2) else found.group(3)
        return True

    def cell(self, case):
        if case not in self.outcomes:
            return "-"
        return "ok" if self.outcomes[case] == OK else "FAILED"

    def reasons(self):
        """Yields a sentence for each thing that went wrong."""
        for case in CASES:
            if self.outcomes.get(case, OK) != OK:
                yield f"{case}: {self.outcomes[case]}"
        missing = [case for case in CASES if case not in self.outcomes]
        if missing:
            yield f"without an outcome: {', '.join(missing)}"
        yield from self.troubles


def table(rows):
    """The rows as text. There are more cases than languages: each case has a line, and each row a column."""
    columns = [("client", "server", *CASES)] + [(row.client, row.server, *map(row.cell, CASES)) for row in rows]
    lines = list(zip(*columns))
    widths = [max(map(len, column)) for column in columns]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]


def summary(rows):
    passed = sum(row.passed() for row in rows)
    good = sum(row.cell(case) == "ok" for row in rows for case in CASES)
    return f"interop: {passed} of {len(rows)} rows passed, {good} of {len(rows) * len(CASES)} cases"


def report(rows):
    """The whole report, as text: what went wrong, the table, the summary in the last line."""
    lines = [f"{row.client} client, {row.server} server: {reason}" for row in rows for reason in row.reasons()]
    return "\n".join([*lines, *([""] if lines else []), *table(rows), "", summary(rows)])
