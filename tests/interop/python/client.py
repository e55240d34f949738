"""The client of the interoperability tests, by grpcio. Usage: client.py ADDRESS CALLS CASE..."""

import asyncio
import sys

import grpc

import client_streams
import interop_pb2
import interop_pb2_grpc
from client_common import DETAILS, SECONDS, ask, pattern, require, resized

TEXT = "\t\nтакого місця немає · 北極の北 · 🧭 100%\r\n"


async def nothing(stub):
    await stub.Nothing(interop_pb2.Empty(), timeout=SECONDS)


async def fail(stub, code, message, details=b""):
    """The error of a call that asks for one."""
    failure = interop_pb2.Failure(code=code, message=message, details=details)
    try:
        await stub.Echo(interop_pb2.EchoRequest(failure=failure), timeout=SECONDS)
    except grpc.aio.AioRpcError as error:
        return error
    raise AssertionError(f"the call that asked for code {code} did not fail")


async def empty_unary(stub, _):
    await nothing(stub)


async def exchange(stub, size, reply_size):
    """Sends a payload and gets one of another size."""
    request = interop_pb2.EchoRequest(payload=pattern(size), reply_size=reply_size)
    reply = await stub.Echo(request, timeout=SECONDS)
    require(reply.payload == resized(request.payload, reply_size), "another payload came back")


async def large_unary(stub, _):
    await exchange(stub, 271828, 314159)


async def large(stub, _):
    await exchange(stub, 1 << 20, 1 << 20)


async def codes(stub, _):
    await stub.Echo(interop_pb2.EchoRequest(failure=interop_pb2.Failure(code=0)), timeout=SECONDS)
    for code in range(1, 17):
        error = await fail(stub, code, f"code {code}")
        require(error.code().value[0] == code, f"asked for code {code}, got {error.code()}")
        require(error.details() == f"code {code}", f"asked for 'code {code}', got '{error.details()}'")


async def unicode(stub, _):
    error = await fail(stub, 2, TEXT)
    require(error.details() == TEXT, f"got the message {error.details()!r}")


async def details(stub, _):
    error = await fail(stub, 9, "not while it rains", DETAILS)
    require(error.code() == grpc.StatusCode.FAILED_PRECONDITION, f"got {error.code()}")
    came = dict(error.trailing_metadata()).get("grpc-status-details-bin")
    require(came == DETAILS, f"got the details {came!r}")


async def metadata(stub, _):
    text = ["first", "second", "third"]
    binary = [b"\x00\x01\xfe\xff,\n", b"second!", b"thirds!!"]
    pairs = [pair for values in zip(text, binary) for pair in zip(("x-text", "x-bytes-bin"), values)]
    call = stub.Echo(interop_pb2.EchoRequest(), metadata=pairs, timeout=SECONDS)
    for where, came in (("headers", await call.initial_metadata()), ("trailers", await call.trailing_metadata())):
        # Values of ASCII keys may have been joined by commas on their way (PROTOCOL-HTTP2.md, Custom-Metadata).
        texts = ",".join(value for key, value in came if key == "x-text").replace(" ", "").split(",")
        require(texts == text, f"x-text in the {where} is {texts}")
        binaries = [value for key, value in came if key == "x-bytes-bin"]
        require(binaries == binary, f"x-bytes-bin in the {where} is {binaries}")
    await call


async def at_once(stub, calls):
    async def echo(i):
        request = interop_pb2.EchoRequest(payload=str(i).encode(), meeting=calls)
        reply = await stub.Echo(request, timeout=SECONDS)
        require(reply.payload == request.payload, "a call got the reply of another")
        return reply.peer

    peers = set(await asyncio.gather(*(echo(i) for i in range(calls))))
    require(len(peers) == 1, f"the calls came over {len(peers)} connections")


async def restart(stub, _):
    await nothing(stub)
    await ask("stop the server")
    try:
        await nothing(stub)
        raise AssertionError("a call without a server did not fail")
    except grpc.aio.AioRpcError as error:
        require(error.code() == grpc.StatusCode.UNAVAILABLE, f"without a server: {error.code()}")
    waiting = stub.Nothing(interop_pb2.Empty(), timeout=SECONDS, wait_for_ready=True)
    # In a thread, so that the event loop begins the call first.
    await asyncio.to_thread(print, "start the server", flush=True)
    await waiting


UNARY = (empty_unary, large_unary, large, codes, unicode, details, metadata, at_once, restart)
CASES = {case.__name__: case for case in (*UNARY, *client_streams.CASES)}


async def run(address, calls, names):
    """Runs the cases one after the other and tells how many failed."""
    failures = 0
    async with grpc.aio.insecure_channel(address) as channel:
        stub = interop_pb2_grpc.InteropStub(channel)
        for name in names:
            try:
                await CASES[name](stub, calls)
                print(name, "ok", flush=True)
            except Exception as failure:  # whatever it is, it is this case's result
                print(f"{name} FAILED: {failure!r}", flush=True)
                failures += 1
    return failures


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit("usage: client.py ADDRESS CALLS CASE...")
    sys.exit(1 if asyncio.run(run(sys.argv[1], int(sys.argv[2]), sys.argv[3:])) else 0)
