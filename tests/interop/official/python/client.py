"""The official interoperability client, by grpcio. Usage: client.py --server_port=PORT --test_case=CASE"""

import argparse
import asyncio
import sys
import time

import grpc

import empty_pb2
import messages_pb2
import test_pb2_grpc

SECONDS = 50
INITIAL = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
TRAILING = ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab")
REQUEST_SIZES = (27182, 8, 1828, 45904)
RESPONSE_SIZES = (31415, 9, 2653, 58979)
SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"


def expect(what, expected, got):
    if expected != got:
        sys.exit(f"{what}: expected {expected!r}, got {got!r}")


def payload(size):
    return messages_pb2.Payload(body=bytes(size))


def simple_request(size=271828, response_size=314159):
    return messages_pb2.SimpleRequest(payload=payload(size), response_size=response_size)


def output_request(size, response_sizes):
    parameters = [messages_pb2.ResponseParameters(size=response_size) for response_size in response_sizes]
    return messages_pb2.StreamingOutputCallRequest(payload=payload(size), response_parameters=parameters)


async def expect_status(what, call, code, message=None):
    try:
        await call
        sys.exit(f"{what}: expected {code}, got OK")
    except grpc.aio.AioRpcError as error:
        expect(f"{what}: code", code, error.code())
        if message is not None:
            expect(f"{what}: message", message, error.details())


async def expect_sizes(what, call, sizes):
    expect(what, list(sizes), [len(response.payload.body) async for response in call])


async def read_all(call):
    return [response async for response in call]


async def empty_unary(stub, _):
    expect("the response", empty_pb2.Empty(), await stub.EmptyCall(empty_pb2.Empty(), timeout=SECONDS))


async def large_unary(stub, _):
    response = await stub.UnaryCall(simple_request(), timeout=SECONDS)
    expect("the payload is of zeros", bytes(314159), response.payload.body)


async def client_streaming(stub, _):
    requests = [messages_pb2.StreamingInputCallRequest(payload=payload(size)) for size in REQUEST_SIZES]
    response = await stub.StreamingInputCall(iter(requests), timeout=SECONDS)
    expect("aggregated_payload_size", 74922, response.aggregated_payload_size)


async def server_streaming(stub, _):
    call = stub.StreamingOutputCall(output_request(0, RESPONSE_SIZES), timeout=SECONDS)
    await expect_sizes("sizes of the responses", call, RESPONSE_SIZES)


async def ping_pong(stub, _):
    call = stub.FullDuplexCall(timeout=SECONDS)
    for size, response_size in zip(REQUEST_SIZES, RESPONSE_SIZES):
        await call.write(output_request(size, [response_size]))
        expect("size of the response", response_size, len((await call.read()).payload.body))
    await call.done_writing()
    expect("after the last response", grpc.aio.EOF, await call.read())


async def empty_stream(stub, _):
    call = stub.FullDuplexCall(timeout=SECONDS)
    await call.done_writing()
    await expect_sizes("sizes of the responses", call, [])


async def expect_echo(what, call):
    expect(f"{what}: headers", [INITIAL[1]],
           [value for key, value in await call.initial_metadata() if key == INITIAL[0]])
    expect(f"{what}: trailers", [TRAILING[1]],
           [value for key, value in await call.trailing_metadata() if key == TRAILING[0]])


async def custom_metadata(stub, _):
    unary = stub.UnaryCall(simple_request(), metadata=(INITIAL, TRAILING), timeout=SECONDS)
    await unary
    await expect_echo("UnaryCall", unary)
    duplex = stub.FullDuplexCall(metadata=(INITIAL, TRAILING), timeout=SECONDS)
    await duplex.write(output_request(271828, [314159]))
    await duplex.done_writing()
    await expect_sizes("sizes of the responses", duplex, [314159])
    await expect_echo("FullDuplexCall", duplex)


async def status_code_and_message(stub, _):
    status = messages_pb2.EchoStatus(code=2, message="test status message")
    unary = stub.UnaryCall(messages_pb2.SimpleRequest(response_status=status), timeout=SECONDS)
    await expect_status("UnaryCall", unary, grpc.StatusCode.UNKNOWN, status.message)
    duplex = stub.FullDuplexCall(timeout=SECONDS)
    await duplex.write(messages_pb2.StreamingOutputCallRequest(response_status=status))
    await expect_status("FullDuplexCall", read_all(duplex), grpc.StatusCode.UNKNOWN, status.message)


async def special_status_message(stub, _):
    status = messages_pb2.EchoStatus(code=2, message=SPECIAL)
    call = stub.UnaryCall(messages_pb2.SimpleRequest(response_status=status), timeout=SECONDS)
    await expect_status("UnaryCall", call, grpc.StatusCode.UNKNOWN, SPECIAL)


async def unimplemented_method(stub, _):
    call = stub.UnimplementedCall(empty_pb2.Empty(), timeout=SECONDS)
    await expect_status("UnimplementedCall", call, grpc.StatusCode.UNIMPLEMENTED)


async def unimplemented_service(_, arguments):
    async with connect(arguments) as channel:
        call = test_pb2_grpc.UnimplementedServiceStub(channel).UnimplementedCall(empty_pb2.Empty(), timeout=SECONDS)
        await expect_status("UnimplementedCall", call, grpc.StatusCode.UNIMPLEMENTED)


async def cancel_after_begin(stub, _):
    call = stub.StreamingInputCall(timeout=SECONDS)
    call.cancel()
    expect("code", grpc.StatusCode.CANCELLED, await call.code())


async def cancel_after_first_response(stub, _):
    call = stub.FullDuplexCall(timeout=SECONDS)
    await call.write(output_request(27182, [31415]))
    expect("size of the response", 31415, len((await call.read()).payload.body))
    call.cancel()
    expect("code", grpc.StatusCode.CANCELLED, await call.code())


async def timeout_on_sleeping_server(stub, _):
    call = stub.FullDuplexCall(timeout=0.001)
    await expect_status("FullDuplexCall", read_all(call), grpc.StatusCode.DEADLINE_EXCEEDED)


async def soak_once(stub, arguments):
    begin = time.monotonic()
    response = await stub.UnaryCall(simple_request(), timeout=arguments.soak_overall_timeout_seconds)
    expect("size of the response", 314159, len(response.payload.body))
    took = (time.monotonic() - begin) * 1000
    if took > arguments.soak_per_iteration_max_acceptable_latency_ms:
        sys.exit(f"a call took {took:.0f} ms")


async def rpc_soak(stub, arguments):
    for _ in range(arguments.soak_iterations):
        await soak_once(stub, arguments)


async def channel_soak(_, arguments):
    for _ in range(arguments.soak_iterations):
        async with connect(arguments) as channel:
            await soak_once(test_pb2_grpc.TestServiceStub(channel), arguments)


CASES = {case.__name__: case for case in (
    empty_unary, large_unary, client_streaming, server_streaming, ping_pong, empty_stream, custom_metadata,
    status_code_and_message, special_status_message, unimplemented_method, unimplemented_service, cancel_after_begin,
    cancel_after_first_response, timeout_on_sleeping_server, rpc_soak, channel_soak)}


def connect(arguments):
    # A channel of its own connection, though there are others to the same address.
    options = (("grpc.use_local_subchannel_pool", 1),)
    return grpc.aio.insecure_channel(f"{arguments.server_host}:{arguments.server_port}", options=options)


async def run(arguments):
    async with connect(arguments) as channel:
        await CASES[arguments.test_case](test_pb2_grpc.TestServiceStub(channel), arguments)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--server_host", default="localhost")
    parser.add_argument("--server_port", type=int, required=True)
    parser.add_argument("--test_case", choices=CASES, required=True)
    parser.add_argument("--soak_iterations", type=int, default=10)
    parser.add_argument("--soak_per_iteration_max_acceptable_latency_ms", type=int, default=1000)
    parser.add_argument("--soak_overall_timeout_seconds", type=int, default=10)
    asyncio.run(run(parser.parse_args()))
