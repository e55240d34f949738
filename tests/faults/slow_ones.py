"""Those who take their time, and those who take everybody's: busy clients, slow readers, stuck handlers."""

import contextlib
import time

from judging import KIB, MOST_LATE, pause, require_times, victim, wait_until
from processes import Load, Observer, milliseconds, statuses

import attacks
import frames
from attacker import Attacker
from servers import Server

# --- A5: the busy one -------------------------------------------------------------------------------------------------

HONEST_CLIENTS = 10


def ten_clients_beside_a_busy_one(programs, report):
    """A5: one connection with 100,000 pipelined requests, again and again, beside ten honest clients."""
    with Server(victim(programs)) as server:
        with Load(programs, server.port, 1_000, connections=HONEST_CLIENTS) as load:
            pause(2)
            begin, requests = time.monotonic(), 0
            while time.monotonic() < begin + 2:
                with contextlib.closing(Attacker(server.port)) as busy:
                    attacks.pipelined_requests(100_000)(lambda: busy)  # noqa: B023: called here and now
                    requests += busy.ended_streams
            end = time.monotonic()
    before = len([call for call in load.calls if begin - 2 < call.end() < begin]) / 2
    during = len([call for call in load.calls if begin < call.end() < end]) / (end - begin)
    report.figure(f"{during / before:.0%} of their rate, beside {requests / (end - begin):.0f} requests a second")
    report.require(during >= 0.8 * before, "ten clients together keep 80 % of their rate")
    report.require_all_ok(load.calls)


# --- S8, S9: the slow ones --------------------------------------------------------------------------------------------

SLOW_READERS = 100
# Of each the window and the write buffer of its stream, and what a connection is.
MOST_PER_SLOW_READER = (64 + 64 + 24) * KIB


def slow_readers(programs, report):
    """S8: a hundred clients that read their downloads at 1 KiB a second, beside a fast one."""
    with contextlib.ExitStack() as opened:
        server = opened.enter_context(Server(victim(programs)))
        with Load(programs, server.port) as load:
            pause(1)
            memory, begin = server.memory(), time.monotonic()
            server.reset_high_water()
            readers = [opened.enter_context(contextlib.closing(Attacker(server.port, reads=False)))
                       for _ in range(SLOW_READERS)]
            for reader in readers:
                reader.send(attacks.downloads([1], 160))
            for _ in range(4):
                pause(1)
                for reader in readers:
                    reader.socket.recv(KIB)
            end, most = time.monotonic(), server.high_water()
        grown = most - memory
        report.figure(f"{grown // SLOW_READERS // KIB} KiB for each slow reader")
        report.require(grown <= SLOW_READERS * MOST_PER_SLOW_READER, "a slow reader costs a window and a write buffer")
        require_times(report, load.calls, begin, end)


TIMEOUT = 0.1


def stuck_handlers(programs, report):
    """S9: handlers that never answer; both sides hear of the deadline when it is there."""
    with Server(victim(programs)) as server:
        with Load(programs, server.port, 50, int(TIMEOUT * 1000), "/attack.Victim/Stuck") as load:
            pause(2)
        with contextlib.closing(Observer(server.port)) as observer:
            emptied = wait_until(lambda: observer.running() == 0, 1)
        report.require(emptied is not None, "no handler is left behind")
    late = max(call.took - TIMEOUT for call in load.calls)
    report.figure(f"client {milliseconds(late)} late, server {server.most_late * 1000:.1f} ms late, of "
                  f"{len(load.calls)} at most")
    report.require({call.status for call in load.calls} == {"DEADLINE_EXCEEDED"},
                   f"each ends with DEADLINE_EXCEEDED: {statuses(load.calls)}")
    report.require(min(call.took for call in load.calls) >= TIMEOUT, "none ends before its deadline")
    report.require(late <= MOST_LATE, "the client hears of it within 10 ms")
    report.require(server.most_late <= MOST_LATE, "the handler hears of it within 10 ms")


def cancelled_handlers(programs, report):
    """S9: a hundred handlers whose calls are reset."""
    with Server(victim(programs)) as server, contextlib.closing(Observer(server.port)) as observer:
        with contextlib.closing(Attacker(server.port)) as client:
            client.send(b"".join(frames.headers(i, attacks.HOLD) for i in attacks.odd(100)))
            report.require(wait_until(lambda: observer.running() == 100, 5) is not None, "all handlers run")
            client.send(b"".join(frames.rst_stream(i) for i in attacks.odd(100)))
            took = wait_until(lambda: observer.running() == 0, 5)
    report.figure("not cancelled" if took is None else f"cancelled within {milliseconds(took)}")
    report.require(took is not None and took <= 0.010, "handlers hear of a reset within 10 ms")
