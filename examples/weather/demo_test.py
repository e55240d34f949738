#!/usr/bin/env python3
"""Runs the demo as a user does, and reads its table: demo_test.py DEMO BUILD_DIR."""

import os
import re
import signal
import socket
import subprocess
import sys
import unittest

DEMO, BUILD = sys.argv[1:3]
ROW = re.compile(
    r"^(?P<city>[A-Z][a-z]+) +(?P<latitude>-?\d+\.\d\d) +(?P<longitude>-?\d+\.\d\d)"
    r" +(?P<degrees>-?\d+\.\d) °C +(?P<humidity>\d+) % +(?P<speed>\d+\.\d) m/s from [NESW]{1,3}$"
)
SAMPLE = re.compile(
    r"^ *(?P<time>\d\.\d) s +(?P<requests>\d+) +(?P<answers>\d+) +(?P<under_way>\d+)"
    r" +(?P<client>\d+\.\d) MB +(?P<servers>\d+\.\d) MB$"
)


def tables(output):
    """The rows under each heading, by style."""
    result, rows = {}, None
    for line in output.splitlines():
        if heading := re.match(r"The weather now, asked in the style '(\w+)':", line):
            rows = result.setdefault(heading[1], {})
        elif row := ROW.match(line):
            rows[row["city"]] = {key: float(row[key]) for key in ("degrees", "humidity", "speed", "latitude")}
    return result


def streams(output):
    """The samples under each heading, by the side that is slow."""
    result, samples = {}, None
    for line in output.splitlines():
        if heading := re.match(r"A stream with a slow (client|server), ", line):
            samples = result.setdefault(heading[1], [])
        elif sample := SAMPLE.match(line):
            samples.append({key: float(value) for key, value in sample.groupdict().items()})
    return result


class Demo(unittest.TestCase):
    def test_prints_plausible_weather_in_four_styles_and_stops_cleanly(self):
        run = subprocess.run([DEMO, BUILD], capture_output=True, text=True, timeout=120)
        self.assertEqual((run.returncode, run.stderr), (0, ""), run.stdout + run.stderr)
        self.assertIn("The 6 servers have stopped.", run.stdout)
        self.check_weather(run.stdout)
        self.check_streams(run.stdout)
        self.check_logs_and_metrics(run.stdout)

    def check_weather(self, output):
        found = tables(output)
        self.assertEqual(set(found), {"blocking", "future", "async", "observer"}, output)
        for rows in found.values():
            self.assertEqual(len(rows), 12, output)
            self.assertIn("Kyiv", rows)
            for city, row in rows.items():
                self.assertTrue(-45 <= row["degrees"] <= 45, f"{city}: {row}")
                self.assertTrue(5 <= row["humidity"] <= 100, f"{city}: {row}")
                self.assertTrue(0 <= row["speed"] <= 40, f"{city}: {row}")
            self.assertGreater(len({row["degrees"] for row in rows.values()}), 6, "the values are too much alike")

    def check_streams(self, output):
        found = streams(output)
        self.assertEqual(set(found), {"client", "server"}, output)
        for slow, samples in found.items():
            self.assertEqual([sample["time"] for sample in samples], [0.5, 1.0, 1.5, 2.0], output)
            first, last = samples[1], samples[-1]  # after a second everything is full
            # The slow side goes on, and nobody has run ahead of it by more than the windows in between.
            self.assertGreater(last["answers"], first["answers"], output)
            self.assertLess(last["under_way"], 500_000, output)
            for who in ("client", "servers"):
                self.assertGreater(last[who], 1, output)
                self.assertLess(last[who], first[who] + 4, f"slow {slow}, memory of {who}\n{output}")

    def check_logs_and_metrics(self, output):
        logged = re.findall(r'method=/weather\.(\w+)/GetCurrent code=OK .* x-request-id="demo-blocking"', output)
        self.assertEqual(logged, ["Weather", "TemperatureService", "HumidityService", "WindService"], output)
        served = re.findall(r"^(\w+) served /weather\.\w+/GetCurrent: (\d+) calls, OK (\d+),", output, re.MULTILINE)
        servers = ("temperature_server", "humidity_server", "wind_server", "weather_server")
        self.assertEqual(served, [(server, "36", "36") for server in servers], output)

    def test_stops_all_servers_on_ctrl_c(self):
        # A terminal sends Ctrl-C to every process of the foreground group, so the demo gets a group of its own here.
        demo = subprocess.Popen(
            [DEMO, BUILD, "--stay"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        ports = []
        for line in demo.stdout:
            if listening := re.search(r"listens on port (\d+)$", line):
                ports.append(int(listening[1]))
            if "until you press Ctrl-C" in line:
                break
        self.assertEqual(len(ports), 6)
        os.killpg(demo.pid, signal.SIGINT)
        output, errors = demo.communicate(timeout=60)
        self.assertEqual((demo.returncode, errors), (130, ""), output + errors)
        self.assertIn("The 6 servers have stopped.", output)
        for port in ports:
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port)).close()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
