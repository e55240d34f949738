"""More than there is room for: memory, connections, streams, and clients that go without a word."""

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import time

from judging import KIB, pause, times, victim, wait_until
from processes import HERE, MIB, CannotRun, Load, MemoryGroup, Observer, descriptors, milliseconds, percentile, statuses

import attacks
import frames
from attacker import Attacker
from servers import Server

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


CALLS = 1_000_000


def a_million_calls(programs, report):
    """S18: a million calls on one connection, one after the other as far as the server is concerned."""
    with Server(victim(programs)) as server, contextlib.closing(Attacker(server.port)) as client:
        # What the server needs for many at once it has after the first tenth.
        calls, memory = attacks.in_batches(attacks.pipelined(CALLS), 1_000), 0
        begin = time.monotonic()
        for tenth in range(10):
            client.send(frames.window_update(0, MIB))
            client.flood(itertools.islice(calls, CALLS // 10_000), 60,
                         done=lambda: client.ended_streams >= (tenth + 1) * CALLS // 10)  # noqa: B023
            if tenth == 0:
                memory = server.memory()
        grown = server.memory() - memory
    report.figure(f"{client.ended_streams} answered in {time.monotonic() - begin:.0f} s, {grown / MIB:+.1f} MiB")
    report.require(client.ended_streams == CALLS, "all are answered")
    report.require(grown <= MIB, "memory stays as it was")


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
