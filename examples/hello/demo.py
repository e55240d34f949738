#!/usr/bin/env python3
"""The Hello demo: two versions of one protocol, and what clients see of servers that come and go.

    examples/hello/demo.py BUILD_DIR

Runs real processes over TCP, one step after the other, and prints what each says. Nothing in it waits by the clock:
every step waits for the line that the step before has to bring.
"""

import argparse
import pathlib
import signal
import socket
import subprocess
import sys
import textwrap

PATIENCE_SECONDS = 60


class Program:
    """A process that tells what it does in lines."""

    def __init__(self, programs, name, *arguments):
        self.name = name
        self.process = subprocess.Popen([programs / name, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, start_new_session=True)

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"demo: {self.name} has ended with exit code {self.process.wait(PATIENCE_SECONDS)}")
        return line.rstrip("\n")

    def kill(self):
        self.process.kill()
        self.close()

    def close(self):
        """Ends what is left of it; the exit code."""
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(PATIENCE_SECONDS)


class Demo:
    def __init__(self, programs):
        self.programs = programs
        self.running = []
        # Bound and never listened on: nobody else gets the port while no server has it.
        self.reserved = socket.socket()
        self.reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.reserved.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.reserved.getsockname()[1]}"

    def start(self, name, *arguments):
        program = Program(self.programs, name, *arguments)
        self.running.append(program)
        return program

    def start_server(self, version):
        server = self.start(f"hello_{version}_server", self.address)
        self.tell(server.line())
        return server

    def start_client(self, version, *flags):
        return self.start(f"hello_{version}_client", self.address, *flags)

    def close(self):
        for program in self.running:
            if program.process.poll() is None:
                program.kill()

    @staticmethod
    def step(title):
        print(f"\n{title}", flush=True)

    @staticmethod
    def tell(text):
        print(textwrap.indent(text, "  "), flush=True)


def send(client, question):
    """Has the client begin a call; the call is under way when this returns."""
    client.process.stdin.write(question + "\n")
    client.process.stdin.flush()
    client.line()


def ask(client, question):
    send(client, question)
    return client.line()


def ask_until_answered(demo, who, client, question):
    """Fail-fast calls until one has an answer: while the channel waits to connect again, they fail at once."""
    failures = 0
    while "UNAVAILABLE" in (answer := ask(client, question)):
        failures += 1
    demo.tell(f"{who}: {answer}" + (f" (the call number {failures + 1})" if failures else ""))


def stop(demo, server):
    server.process.send_signal(signal.SIGTERM)
    code = server.close()
    demo.tell(f"the server was asked to stop, and ended with exit code {code}")


def versions(demo):
    demo.step("1. Each version of the client asks each version of the server")
    for server_version in ("v1", "v2"):
        server = demo.start_server(server_version)
        for client_version in ("v1", "v2"):
            client = demo.start_client(client_version)
            demo.tell(f"{client_version} client: {ask(client, 'Ann')}")
            client.close()
        stop(demo, server)


def client_before_server(demo, fail_fast, waiting):
    demo.step("2. The clients are there before the server")
    demo.tell(f"fail-fast client: {ask(fail_fast, 'Bluey')}")
    send(waiting, "Bingo")
    demo.tell("wait-for-ready client: Bingo: asking, and waiting")
    server = demo.start_server("v2")
    demo.tell(f"wait-for-ready client: {waiting.line()}")
    ask_until_answered(demo, "fail-fast client", fail_fast, "Bluey")
    return server


def server_killed(demo, server, fail_fast, waiting):
    demo.step("3. The server is killed in the middle of a call, and comes back")
    read_until(server, "returning to Bluey")
    send(fail_fast, "Bluey 600")
    demo.tell(f"server: {read_until(server, 'received from Bluey')}")
    server.kill()
    demo.tell("the server is dead")
    demo.tell(f"fail-fast client: {fail_fast.line()}")
    demo.tell(f"fail-fast client: {ask(fail_fast, 'Bluey')}")
    send(waiting, "Bingo")
    demo.tell("wait-for-ready client: Bingo: asking, and waiting")
    server = demo.start_server("v2")
    demo.tell(f"wait-for-ready client: {waiting.line()}")
    ask_until_answered(demo, "fail-fast client", fail_fast, "Bluey")
    return server


def graceful_shutdown(demo, server, client):
    demo.step("4. The server is asked to stop in the middle of a call")
    read_until(server, "returning to Bluey")
    send(client, "Bingo 1")
    demo.tell(f"server: {read_until(server, 'received from Bingo')}")
    server.process.send_signal(signal.SIGTERM)
    demo.tell("the server got SIGTERM")
    demo.tell(f"server: {read_until(server, 'returning to Bingo')}")
    demo.tell(f"wait-for-ready client: {client.line()}")
    demo.tell(f"the server ended with exit code {server.close()}")


def read_until(server, beginning):
    while not (line := server.line()).startswith(beginning):
        pass
    return line


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="where the target hello_demo_all was built")
    programs = parser.parse_args().build / "examples" / "hello"
    if not (programs / "hello_v2_server").exists():
        sys.exit(f"demo: build the target hello_demo_all first; {programs} has no hello_v2_server")
    demo = Demo(programs)
    try:
        versions(demo)
        fail_fast = demo.start_client("v2")
        waiting = demo.start_client("v2", "--wait-for-ready")
        server = client_before_server(demo, fail_fast, waiting)
        server = server_killed(demo, server, fail_fast, waiting)
        graceful_shutdown(demo, server, waiting)
    finally:
        demo.close()
    print("\nAll four steps went as they should.")


if __name__ == "__main__":
    main()
