"""The official interoperability server, by grpcio. Usage: server.py --port=PORT"""

import argparse
import asyncio
import signal

import grpc

import empty_pb2
import messages_pb2
import test_pb2_grpc

INITIAL = "x-grpc-test-echo-initial"
TRAILING = "x-grpc-test-echo-trailing-bin"
CODES = {code.value[0]: code for code in grpc.StatusCode}


async def echo_metadata(context):
    metadata = dict(context.invocation_metadata())
    if INITIAL in metadata:
        await context.send_initial_metadata(((INITIAL, metadata[INITIAL]),))
    if TRAILING in metadata:
        context.set_trailing_metadata(((TRAILING, metadata[TRAILING]),))


async def echo_status(request, context):
    status = request.response_status
    if status.code:
        await context.abort(CODES[status.code], status.message)


async def responses(request, context):
    """What the request asks for. No case here asks for an interval."""
    for parameters in request.response_parameters:
        response = messages_pb2.StreamingOutputCallResponse(payload=messages_pb2.Payload(body=bytes(parameters.size)))
        if parameters.fill_peer_socket_address.value:
            response.peer_socket_address = context.peer()
        yield response


class TestService(test_pb2_grpc.TestServiceServicer):
    async def EmptyCall(self, request, context):
        return empty_pb2.Empty()

    async def UnaryCall(self, request, context):
        await echo_metadata(context)
        await echo_status(request, context)
        return messages_pb2.SimpleResponse(payload=messages_pb2.Payload(body=bytes(request.response_size)))

    async def StreamingOutputCall(self, request, context):
        await echo_metadata(context)
        await echo_status(request, context)
        async for response in responses(request, context):
            yield response

    async def StreamingInputCall(self, requests, context):
        size = 0
        async for request in requests:
            size += len(request.payload.body)
        return messages_pb2.StreamingInputCallResponse(aggregated_payload_size=size)

    async def FullDuplexCall(self, requests, context):
        await echo_metadata(context)
        async for request in requests:
            await echo_status(request, context)
            async for response in responses(request, context):
                yield response

    async def HalfDuplexCall(self, requests, context):
        held = [request async for request in requests]
        for request in held:
            async for response in responses(request, context):
                yield response


async def serve(arguments):
    options = []
    if arguments.max_concurrent_streams:
        options.append(("grpc.max_concurrent_streams", arguments.max_concurrent_streams))
    server = grpc.aio.server(options=options)
    test_pb2_grpc.add_TestServiceServicer_to_server(TestService(), server)
    server.add_insecure_port(f"127.0.0.1:{arguments.port}")
    await server.start()
    terminated = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminated.set)
    await terminated.wait()
    await server.stop(grace=10)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--max_concurrent_streams", type=int, default=0)
    asyncio.run(serve(parser.parse_args()))
