"""The benchmark `allocations`: heap allocations by rhei for each call, both sides together, counted by the guard's program."""

from guard import check

from . import report
from .processes import Failure, require_program

CALLS = 5_000
CASES = ("co_await", "then", "deadline", "metadata", "intercepted", "stream")


def run(settings):
    """Returns the content of the JSON file. What the simulated network allocates for itself is not counted."""
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
