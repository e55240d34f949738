"""The server of the interoperability tests, by grpcio. Usage: server.py [PORT]"""

import asyncio
import signal
import sys

import grpc

import interop_pb2
import interop_pb2_grpc
from server_streams import Streams, fail, resized


class Interop(Streams):
    def __init__(self):
        super().__init__()
        self.waiting = []

    async def Nothing(self, request, context):
        return interop_pb2.Empty()

    async def Echo(self, request, context):
        echoed = tuple((key, value) for key, value in context.invocation_metadata() if key.startswith("x-"))
        await context.send_initial_metadata(echoed)
        context.set_trailing_metadata(echoed)
        if request.failure.code:
            await fail(request.failure, context, echoed)
        if request.meeting:
            await self.meet(request.meeting)
        payload = resized(request.payload, request.reply_size) if request.reply_size else request.payload
        return interop_pb2.EchoReply(payload=payload, peer=context.peer())

    async def meet(self, size):
        """Returns once so many calls wait here."""
        guest = asyncio.get_running_loop().create_future()
        self.waiting.append(guest)
        if len(self.waiting) >= size:
            complete, self.waiting = self.waiting, []
            for waiter in complete:
                waiter.set_result(None)
        await guest


async def serve(port):
    server = grpc.aio.server()
    interop_pb2_grpc.add_InteropServicer_to_server(Interop(), server)
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    terminated = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminated.set)
    print(f"listening on {port}", flush=True)
    await terminated.wait()
    await server.stop(grace=10)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1] if len(sys.argv) > 1 else "0"))
