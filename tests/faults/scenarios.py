"""The scenarios: one function each, which makes faults with real processes and says what came of it.

`scenario(programs, report)` starts what it needs; `report.figure` notes what was measured, `report.require` what was
promised. The letters are those of README.md.
"""

import contextlib
import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import Callable

from processes import (ECHO, HERE, MIB, CannotRun, Load, MemoryGroup, Observer, descriptors, milliseconds, percentile,
                       statuses)

import attacks
import frames
from attacker import Attacker
from servers import Server, free_port

KIB = 1024


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
MOST_LATE = 0.010


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


# --- S12: time --------------------------------------------------------------------------------------------------------

STOPPED = 12  # seconds: more than what a connection has for its settings


def stopped_server(programs, report):
    """S12: the server is stopped for longer than its timers, and goes on."""
    timeout = 0.5
    with Server(victim(programs)) as server, contextlib.closing(Attacker(server.port, acknowledges=False)) as stranger:
        with Load(programs, server.port, 100, int(timeout * 1000), connections=2) as load:
            pause(1)
            connected = descriptors(load.process.pid)
            server.process.send_signal(signal.SIGSTOP)
            stopped = time.monotonic()
            # What it owes comes in time, and is read late.
            stranger.send(frames.frame(frames.SETTINGS, frames.ACK, 0))
            pause(STOPPED)
            server.process.send_signal(signal.SIGCONT)
            woken = time.monotonic()
            pause(1)
            report.require(descriptors(load.process.pid) == connected, "clients keep their connections")
        stranger.settle()
        report.require(stranger.ending() == "still open",
                       f"what came while it was stopped is read before its time is over: {stranger.ending()}")
    report.require_all_ok([call for call in load.calls if call.end() < stopped])
    lost = [call for call in load.calls if call.begin > stopped and call.end() < woken]
    report.figure(f"while it was stopped {statuses(lost)}")
    report.require({call.status for call in lost} == {"DEADLINE_EXCEEDED"}, "calls end by their deadlines, each once")
    late = max(call.took for call in lost) - timeout
    report.require(late <= MOST_LATE, f"and within 10 ms: {milliseconds(late)}")
    after = [call for call in load.calls if call.begin > woken + 0.1]
    report.require_all_ok(after)


def stopped_client(programs, report):
    """S12: the clients are stopped for longer than their calls may take, and go on."""
    timeout = 0.5
    with Server(victim(programs)) as server:
        with Load(programs, server.port, 100, int(timeout * 1000)) as load:
            pause(1)
            load.process.send_signal(signal.SIGSTOP)
            stopped = time.monotonic()
            pause(2)
            load.process.send_signal(signal.SIGCONT)
            woken = time.monotonic()
            pause(1)
    across = [call for call in load.calls if call.begin < stopped and call.end() > woken]
    report.figure(f"{len(across)} calls under way when they were stopped; then {statuses(load.calls)}")
    report.require({call.status for call in across} <= {"OK", "DEADLINE_EXCEEDED"}, "each ends, once")
    report.require_all_ok([call for call in load.calls if call.begin > woken])


JUMPS = ("+1h", "-1h", "+1y", "-1y", "+0")


def wall_clock_jumps(programs, report):
    """S12: the wall clock jumps by hours and years on both sides."""
    library = next((path for path in ("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
                                      "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1")
                    if os.path.exists(path)), None)
    if library is None:
        raise CannotRun("needs the package libfaketime")
    with tempfile.NamedTemporaryFile("w") as clock:
        environment = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": clock.name, "FAKETIME_NO_CACHE": "1",
                       "DONT_FAKE_MONOTONIC": "1"}

        def jump(offset):
            clock.seek(0)
            clock.truncate()
            clock.write(offset)
            clock.flush()

        jump("+0")
        names = " ".join(f"{name}={value}" for name, value in environment.items())
        with Server(f"env {names} {victim(programs)}") as server:
            with Load(programs, server.port, 200, 200, environment=environment) as load:
                for offset in JUMPS:
                    jump(offset)
                    pause(0.5)
        report.require(server.exit_code == 0, "the server ends well")
    report.figure(f"{len(load.calls)} calls, jumps by {', '.join(JUMPS)}")
    report.require_all_ok(load.calls)


# --- S14: memory ------------------------------------------------------------------------------------------------------

MEMORY_LIMIT = 128 * MIB
KEPT_SECONDS = 2
# Requests that are kept at once, if all were admitted: three times what there is.
KEPT = 3 * MEMORY_LIMIT // MIB


def memory_shortage(programs, report):
    """S14: three times as much as the server's control group holds."""
    with MemoryGroup(MEMORY_LIMIT) as group, Server(group.command(victim(programs))) as server:
        with Load(programs, server.port, KEPT / KEPT_SECONDS, 10_000, "/attack.Victim/Keep", MIB, 4) as heavy:
            pause(4 * KEPT_SECONDS)
        over = time.monotonic()
        report.require(server.alive(), "the system does not kill it")
        with Load(programs, server.port) as load:
            pause(5)
    admitted = [call for call in heavy.calls if call.status == "OK"]
    refused = [call for call in heavy.calls if call.status != "OK"]
    slowest = percentile([call.took for call in admitted], 0.99)
    report.figure(f"{statuses(heavy.calls)}; p99 of the admitted {slowest:.1f} s, of which {KEPT_SECONDS} s are theirs")
    report.require(bool(refused) and {call.status for call in refused} == {"RESOURCE_EXHAUSTED"},
                   "what is too much is refused with RESOURCE_EXHAUSTED")
    report.require(len(admitted) * MIB >= MEMORY_LIMIT, "much is admitted all the same")
    report.require(slowest <= 3 * KEPT_SECONDS, "the admitted take at most three times as long")
    report.require(server.abuses.get("memory_shortage", 0) > 0, "refusals are counted")
    report.require_all_ok([call for call in load.calls if call.begin > over + 0.5])


# --- S16, S17, S21, G2: very many -------------------------------------------------------------------------------------

MANY = 9_000
MOST_PER_CONNECTION = 12 * KIB
HELLO = frames.CLIENT_PREFACE + frames.settings() + frames.frame(frames.SETTINGS, frames.ACK, 0)


def idle_connections(opened, port, count):
    connections = []
    for _ in range(count):
        connection = opened.enter_context(contextlib.closing(Attacker(port, preface=False)))
        connection.send(HELLO)
        connections.append(connection)
    return connections


def many_idle_connections(programs, report):
    """S16: 9,000 connections that do nothing, beside 90 that do, and then the server is told to stop."""
    with contextlib.ExitStack() as opened:
        server = opened.enter_context(Server(victim(programs)))
        with Load(programs, server.port, connections=90) as load:
            pause(1)
            memory, begin = server.memory(), time.monotonic()
            idle = idle_connections(opened, server.port, MANY)
            accepted = wait_until(lambda: descriptors(server.process.pid) > MANY, 10)
            connected = time.monotonic()
            report.require(accepted is not None, "all are accepted")
            pause(2)
            each = (server.memory() - memory) / MANY
            report.figure(f"{each / KIB:.1f} KiB each; accepted {MANY / (connected - begin):.0f} a second")
            report.require(each <= MOST_PER_CONNECTION, "an idle connection costs at most 12 KiB")
            quiet = time.monotonic()
            pause(1)
            end = time.monotonic()
        report.require_all_ok(load.calls)
        before, during = (percentile(times(load.calls, *span), 0.99) for span in ((0, begin), (quiet, end)))
        report.figure(f"p99 {milliseconds(before)} before, {milliseconds(during)} with them")
        report.require(during <= 1.5 * before + 0.002, "calls take at most half as long again, and 2 ms")
        require_drained(report, server, idle)


def require_drained(report, server, connections):
    """Tells the server to stop; all of its clients hear of it and are closed."""
    begin = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    while not all(connection.over for connection in connections) and time.monotonic() < begin + 10:
        for connection in connections:
            connection.receive()
    took = time.monotonic() - begin
    told = sum(connection.goaway is not None for connection in connections)
    report.figure(f"{told} told and closed within {took:.1f} s of SIGTERM")
    report.require(told == len(connections) and took <= 10, "all are told by GOAWAY and closed within 10 s")


HALF_OPEN = 1_000


def half_open_connections(programs, report):
    """G2: a thousand clients whose network is gone, in a network of their own."""
    unshare, ip = shutil.which("unshare"), shutil.which("ip", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if unshare is None or ip is None:
        raise CannotRun("needs the packages util-linux and iproute2")
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = [unshare, *rights, "--net", sys.executable, "-B", str(HERE / "half_open.py"), ip,
               victim(programs, "--keepalive-ms", 1_000), str(HALF_OPEN)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    if done.returncode == 77:
        raise CannotRun("needs the right to make a network namespace")
    report.figure(done.stdout.strip())
    report.require(done.returncode == 0, f"all are found out within keepalive's times: {done.stderr[-300:]}")


STREAMS_EACH = 1_000
CONNECTIONS = 10


def killed_client(programs, report):
    """S21: a client that is killed with 10,000 open streams."""
    with Server(victim(programs)) as server, contextlib.closing(Observer(server.port)) as observer:
        memory = server.memory()
        client = subprocess.Popen([sys.executable, "-B", str(HERE / "open_streams.py"), str(server.port),
                                   str(CONNECTIONS), str(STREAMS_EACH)], stdout=subprocess.PIPE, text=True)
        client.stdout.readline()
        everything = CONNECTIONS * STREAMS_EACH
        report.require(wait_until(lambda: observer.running() == everything, 10) is not None, "all handlers run")
        held = server.memory() - memory
        client.kill()
        client.communicate()
        took = wait_until(lambda: observer.running() == 0, 5)
        report.require(took is not None and took <= 0.1, "all handlers are cancelled within 100 ms")
        settled = wait_until(lambda: server.memory() - memory <= 2 * MIB, 10)
        left = server.memory() - memory
    report.figure(f"{everything} handlers " + ("not cancelled" if took is None else
                                               f"cancelled within {milliseconds(took)}") +
                  f"; {held / everything / KIB:.1f} KiB each, {left / MIB:.1f} MiB left")
    report.require(settled is not None, "their memory is given back within 10 s")


SERVERS = 7
CONNECTIONS_PER_SERVER = 14_300


def hundred_thousand_connections(programs, report):
    """S17: 100,000 connections to seven servers, from seven clients; one of the servers is called meanwhile."""
    with contextlib.ExitStack() as opened:
        servers = [opened.enter_context(Server(victim(programs))) for _ in range(SERVERS)]
        with Load(programs, servers[0].port, 1_000, connections=100) as load:
            pause(2)
            begin = time.monotonic()
            clients = []
            for server in servers:
                client = subprocess.Popen([sys.executable, "-B", str(HERE / "open_streams.py"), str(server.port),
                                           str(CONNECTIONS_PER_SERVER), "0"], stdout=subprocess.PIPE, text=True)
                opened.callback(client.communicate)
                opened.callback(client.kill)
                clients.append(client)
            report.require(all(client.stdout.readline() for client in clients), "all are accepted")
            connected = time.monotonic()
            pause(3)
            end = time.monotonic()
        each = [server.memory() / CONNECTIONS_PER_SERVER / KIB for server in servers]
        report.figure(f"{SERVERS * CONNECTIONS_PER_SERVER} connections, {max(each):.1f} KiB each with all that a "
                      f"server is, in {connected - begin:.0f} s")
        report.require(max(each) <= 12, "a connection costs at most 12 KiB")
        before, during = (percentile(times(load.calls, *span), 0.99) for span in ((0, begin), (connected, end)))
        report.figure(f"p99 {milliseconds(before)} before, {milliseconds(during)} with them")
        report.require(during <= 2 * before + 0.002, "calls take at most twice as long, and 2 ms")
        report.require_all_ok(load.calls)


# --- S20: restarts under attack ---------------------------------------------------------------------------------------

RESTARTS = 3
# Its grace is 5 s, and the new one starts when the old one has ended.
SECONDS_TO_RESTART = 10
DURING_RESTARTS = (attacks.reset_of_whole_requests, attacks.endless_header_block, attacks.empty_continuations,
                   attacks.malformed_requests, attacks.data_of_one_byte, attacks.downloads_never_read)


def attack_all_the_time(port, stop):
    """Attacks in turn whatever serves the port, until `stop` is set. Runs on a thread of its own."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
    while not stop.is_set():
        for attack in DURING_RESTARTS:
            with contextlib.ExitStack() as opened, contextlib.suppress(OSError):
                attack(lambda **options: opened.enter_context(contextlib.closing(Attacker(port, **options))))
            if stop.is_set():
                return


def restarts_under_attack(programs, report):
    """S20: a server that is attacked all the time and is replaced by a new process, again and again."""
    port, stop = free_port(), threading.Event()
    command = victim(programs, "--port", port)
    attackers = [threading.Thread(target=attack_all_the_time, args=(port, stop)) for _ in range(2)]
    codes = []
    server = Server(command)
    server.__enter__()
    try:
        with Load(programs, port, timeout_ms=SECONDS_TO_RESTART * 1000) as load:
            for attacker in attackers:
                attacker.start()
            for _ in range(RESTARTS):
                pause(2)
                server.__exit__()
                codes.append(server.exit_code)
                server = Server(command)
                server.__enter__()
            pause(1)
            stop.set()
    finally:
        stop.set()
        server.__exit__()
        for attacker in attackers:
            if attacker.is_alive():
                attacker.join()
    report.figure(f"{RESTARTS} restarts, {statuses(load.calls)}")
    report.require_all_ok(load.calls)
    # 1: calls of the attackers were still there when its grace was over.
    report.require(len(codes) == RESTARTS and set(codes) <= {0, 1}, f"each server ends by itself: exit codes {codes}")


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    run: Callable
    quick: bool = True


SCENARIOS = (
    Scenario("A5 ten clients beside 100,000 requests", ten_clients_beside_a_busy_one),
    Scenario("S8 100 slow readers", slow_readers),
    Scenario("S9 stuck handlers", stuck_handlers),
    Scenario("S9 reset calls", cancelled_handlers),
    Scenario("S12 the server is stopped for 12 s", stopped_server, quick=False),
    Scenario("S12 the clients are stopped for 2 s", stopped_client),
    Scenario("S12 the wall clock jumps", wall_clock_jumps),
    Scenario("S14 three times the memory there is", memory_shortage),
    Scenario("S16 9,000 idle connections", many_idle_connections),
    Scenario("S17 100,000 idle connections", hundred_thousand_connections, quick=False),
    Scenario("S20 restarts under attack", restarts_under_attack),
    Scenario("S21 a client is killed, 10,000 streams", killed_client),
    Scenario("G2 1,000 half-open connections", half_open_connections),
)
