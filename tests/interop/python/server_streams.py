"""The streams of the server, and how they ended."""

import asyncio
import collections
import contextlib

import grpc

import interop_pb2
import interop_pb2_grpc
from interop_pb2 import SeenReply

CODES = {code.value[0]: code for code in grpc.StatusCode}


def resized(payload, size):
    return payload[:size].ljust(size, b"\0")


async def fail(failure, context, trailers=()):
    """Ends the call with an error."""
    if failure.details:
        trailers += (("grpc-status-details-bin", failure.details),)
    await context.abort(CODES[failure.code], failure.message, trailers)


class Stream:
    """One stream while its handler runs."""

    def __init__(self, context):
        self.context = context
        self.id = ""
        self.seen = SeenReply()

    def count(self, step):
        self.id = step.id
        self.seen.messages += 1

    async def hear_of_cancellation(self):
        """To be called when the steps have ended: grpcio cancels a handler soon after the end of its requests."""
        if self.id:
            await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.05)

    async def send_pieces(self, step):
        for size in step.reply_sizes:
            await self.context.write(interop_pb2.Piece(payload=resized(step.payload, size)))

    async def ended_by(self, step):
        """Whether the step ends the call with OK. With an error, it ends here."""
        if step.failure.code:
            self.seen.end = SeenReply.FAILED
            await fail(step.failure, self.context)
        if step.finish:
            self.seen.end = SeenReply.FINISHED
        return step.finish


class Streams(interop_pb2_grpc.InteropServicer):
    def __init__(self):
        self.ends = collections.defaultdict(asyncio.Future)  # of SeenReply, by the streams' ids

    @contextlib.contextmanager
    def watch(self, context):
        """Tells how a stream ended, at the end of its handler."""
        stream = Stream(context)
        try:
            yield stream
            if stream.seen.end == SeenReply.UNKNOWN:
                stream.seen.end = SeenReply.COMPLETE
        except (asyncio.CancelledError, grpc.aio.InternalError):  # the latter by a write to a call that is over
            stream.seen.end = SeenReply.CANCELLED
            raise
        finally:
            if stream.id:
                self.ends[stream.id].set_result(stream.seen)

    async def Upload(self, steps, context):
        reply = interop_pb2.UploadReply()
        with self.watch(context) as stream:
            async for step in steps:
                stream.count(step)
                reply.messages += 1
                reply.bytes += len(step.payload)
                if await stream.ended_by(step):
                    break
        return reply

    async def Download(self, step, context):
        with self.watch(context) as stream:
            stream.count(step)
            await stream.send_pieces(step)
            while step.forever:
                await stream.send_pieces(step)
            await stream.ended_by(step)

    async def Chat(self, steps, context):
        held = interop_pb2.Step()
        with self.watch(context) as stream:
            async for step in steps:
                stream.count(step)
                if step.hold:
                    held = step
                    continue
                await stream.send_pieces(step)
                if await stream.ended_by(step):
                    return
            await stream.hear_of_cancellation()
            await stream.send_pieces(held)
            await stream.ended_by(held)

    async def Seen(self, request, context):
        return await asyncio.shield(self.ends[request.id])
