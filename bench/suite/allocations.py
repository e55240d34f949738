"""The benchmark `allocations`: heap allocations by rhei for each call, of both sides, counted by the guard's program."""

from guard import check

from . import report
from .processes import Failure, require_program

CALLS = 5_000
CASES = ("socket", "co_await", "then", "deadline", "metadata", "intercepted", "stream", "stream_call", "intercepted_stream")


def run(settings):
    """Returns the content of the JSON file. `socket` is over real sockets; in the others a block of a queue for every few
    hundred calls is the simulated network's."""
    program = require_program(settings.programs / "guard_unary")
    rows = []
    for case in CASES:
        try:
            figures = check.figures_per_call(lambda calls, case=case: check.counters(program, case, calls), CALLS)
        except check.Failure as failure:
            raise Failure(str(failure)) from None
        rows.append({"case": case, "system": "rhei", **figures})
        settings.progress(f"allocations {case}: {figures}")
    return {"rows": rows}
