"""The scenarios by name. Each is a function that makes faults with real processes and says what came of it.

`scenario(programs, report)` starts what it needs; `report.figure` notes what was measured, `report.require` what was
promised. The letters are those of README.md.
"""

import dataclasses
from typing import Callable

import clocks
import crowds
import restarts
import slow_ones


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    run: Callable
    quick: bool = True


SCENARIOS = (
    Scenario("A5 ten clients beside 100,000 requests", slow_ones.ten_clients_beside_a_busy_one),
    Scenario("S8 100 slow readers", slow_ones.slow_readers),
    Scenario("S9 stuck handlers", slow_ones.stuck_handlers),
    Scenario("S9 reset calls", slow_ones.cancelled_handlers),
    Scenario("S12 the server is stopped for 12 s", clocks.stopped_server, quick=False),
    Scenario("S12 the clients are stopped for 2 s", clocks.stopped_client),
    Scenario("S12 the wall clock jumps", clocks.wall_clock_jumps),
    Scenario("S14 three times the memory there is", crowds.memory_shortage),
    Scenario("S16 9,000 idle connections", crowds.many_idle_connections),
    Scenario("S17 100,000 idle connections", crowds.hundred_thousand_connections, quick=False),
    Scenario("S18 a million calls on one connection", crowds.a_million_calls),
    Scenario("S20 restarts under attack", restarts.restarts_under_attack),
    Scenario("S21 a client is killed, 10,000 streams", crowds.killed_client),
    Scenario("G2 1,000 half-open connections", crowds.half_open_connections),
)
