"""What scenarios have in common: what they measured and what was promised, and waiting."""

import threading
import time

from processes import milliseconds, percentile, statuses

KIB = 1024
# How late the end of a call may be heard of, in seconds.
MOST_LATE = 0.010


class Report:
    """What one scenario measured, and which of its promises were broken."""

    def __init__(self):
        self.figures = []
        self.broken = []

    def figure(self, text):
        self.figures.append(text)

    def require(self, kept, promise):
        if not kept:
            self.broken.append(promise)

    def require_all_ok(self, calls):
        self.require(calls and all(call.status == "OK" for call in calls), f"all calls succeed: {statuses(calls)}")


def victim(programs, *arguments):
    return " ".join([str(programs / "attacks" / "attack_victim"), *map(str, arguments)])


def pause(seconds):
    threading.Event().wait(seconds)


def wait_until(condition, seconds):
    """Seconds until the condition held; None if it did not in time."""
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > seconds:
            return None
        pause(0.0005)
    return time.monotonic() - begin


def times(calls, begin, end):
    return [call.took for call in calls if begin <= call.begin < end]


def require_times(report, calls, begin, end):
    """The victim protocol: errors none, and the 99th percentile at most twice that of before, and 2 ms more."""
    before = percentile(times(calls, 0, begin), 0.99)
    during = percentile(times(calls, begin, end), 0.99)
    report.figure(f"p99 {milliseconds(before)} before, {milliseconds(during)} during")
    report.require(during <= 2 * before + 0.002, "others wait at most twice as long, and 2 ms")
    report.require_all_ok(calls)
