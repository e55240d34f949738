"""Servers that are replaced while they are attacked."""

import contextlib
import os
import threading

from judging import pause, victim
from processes import Load, statuses

import attacks
from attacker import Attacker
from servers import Server, free_port

ATTACKERS = 2
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
    attackers = [threading.Thread(target=attack_all_the_time, args=(port, stop)) for _ in range(ATTACKERS)]
    codes = []
    with contextlib.ExitStack() as opened:
        server = opened.enter_context(Server(command))
        for attacker in attackers:
            attacker.start()
            opened.callback(attacker.join)
        opened.callback(stop.set)
        with Load(programs, port, timeout_ms=SECONDS_TO_RESTART * 1000) as load:
            for _ in range(RESTARTS):
                pause(2)
                server.end()
                codes.append(server.exit_code)
                server = opened.enter_context(Server(command))
            pause(1)
            stop.set()
    report.figure(f"{RESTARTS} restarts, {statuses(load.calls)}")
    report.require_all_ok(load.calls)
    # 1: calls of the attackers were still there when its grace was over.
    report.require(len(codes) == RESTARTS and set(codes) <= {0, 1}, f"each server ends by itself: exit codes {codes}")
