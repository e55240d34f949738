"""The cases with streams."""

import asyncio

import grpc

import interop_pb2
from client_common import DETAILS, SECONDS, ask, pattern, require, resized
from interop_pb2 import SeenReply, Step


async def expect_piece(call, payload):
    piece = await call.read()
    require(piece is not grpc.aio.EOF, f"the replies ended early: {len(payload)} bytes were to come")
    require(piece.payload == payload, f"another payload came than the one of {len(payload)} bytes")


async def expect_end(call):
    require(await call.read() is grpc.aio.EOF, "there were more replies than asked for")
    await expect_code(call, grpc.StatusCode.OK)


async def expect_code(call, code):
    got = await call.code()
    require(got == code, f"got {got} '{await call.details()}'")


async def drain(call):
    """Reads to the end of a stream, whatever it is."""
    try:
        while await call.read() is not grpc.aio.EOF:
            pass
    except (grpc.aio.AioRpcError, asyncio.CancelledError):
        pass  # the code tells


async def expect_seen(stub, step_id, end, messages):
    seen = await stub.Seen(interop_pb2.SeenRequest(id=step_id), timeout=SECONDS)
    require((seen.end, seen.messages) == (end, messages), f"the server saw {seen}".replace("\n", " "))


async def talk(chat, step):
    """Writes a step and reads the one reply to it."""
    await chat.write(step)
    await expect_piece(chat, resized(step.payload, step.reply_sizes[0]))


async def client_streaming(stub, _):
    upload = stub.Upload(timeout=SECONDS)
    for size in (27182, 8, 1828, 45904):
        await upload.write(Step(payload=pattern(size)))
    await upload.done_writing()
    reply = await upload
    require((reply.messages, reply.bytes) == (4, 74922), f"the server got {reply}".replace("\n", " "))


async def server_streaming(stub, _):
    step = Step(payload=pattern(1000), reply_sizes=(31415, 9, 2653, 58979))
    download = stub.Download(step, timeout=SECONDS)
    for size in step.reply_sizes:
        await expect_piece(download, resized(step.payload, size))
    await expect_end(download)


async def ping_pong(stub, _):
    chat = stub.Chat(timeout=SECONDS)
    for size, reply_size in ((27182, 31415), (8, 9), (1828, 2653), (45904, 58979)):
        await talk(chat, Step(payload=pattern(size), reply_sizes=[reply_size]))
    await chat.done_writing()
    await expect_end(chat)


async def empty_stream(stub, _):
    chat = stub.Chat(timeout=SECONDS)
    await chat.done_writing()
    await expect_end(chat)


async def client_first(stub, _):
    chat = stub.Chat(timeout=SECONDS)
    step = Step(id="client_first", payload=pattern(1000), reply_sizes=(10, 20, 30), hold=True)
    await chat.write(step)
    await chat.done_writing()
    for size in step.reply_sizes:
        await expect_piece(chat, resized(step.payload, size))
    await expect_end(chat)
    await expect_seen(stub, step.id, SeenReply.COMPLETE, 1)


async def server_first(stub, _):
    chat = stub.Chat(timeout=SECONDS)
    step = Step(id="server_first", payload=pattern(10), reply_sizes=[10], finish=True)
    await talk(chat, step)
    await expect_end(chat)
    await expect_seen(stub, step.id, SeenReply.FINISHED, 1)


async def both_at_once(stub, _):
    async def steps():
        yield Step(payload=pattern(10), reply_sizes=[10], finish=True)

    for _ in range(50):
        chat = stub.Chat(steps(), timeout=SECONDS)
        pieces = [piece.payload async for piece in chat]
        require(pieces == [pattern(10)], f"got {pieces}")


async def many_messages(stub, calls):
    messages = 10 * calls
    chat = stub.Chat(timeout=SECONDS)

    async def write():
        for i in range(messages):
            payload = str(i).encode()
            await chat.write(Step(id="many_messages", payload=payload, reply_sizes=[len(payload)]))
        await chat.done_writing()

    async def read():
        for i in range(messages):
            await expect_piece(chat, str(i).encode())

    await asyncio.gather(write(), read())
    await expect_end(chat)
    await expect_seen(stub, "many_messages", SeenReply.COMPLETE, messages)


async def expect_failure(call):
    await expect_code(call, grpc.StatusCode.FAILED_PRECONDITION)
    require(await call.details() == "not while it rains", f"got the message '{await call.details()}'")
    came = dict(await call.trailing_metadata()).get("grpc-status-details-bin")
    require(came == DETAILS, f"got the details {came!r}")


async def server_fails(stub, _):
    failure = interop_pb2.Failure(code=9, message="not while it rains", details=DETAILS)
    step = Step(payload=pattern(1000), reply_sizes=(10, 20), failure=failure)
    download = stub.Download(step, timeout=SECONDS)
    await expect_piece(download, pattern(10))
    await expect_piece(download, pattern(20))
    await drain(download)
    await expect_failure(download)

    upload = stub.Upload(timeout=SECONDS)
    for _ in range(2):
        await upload.write(Step(payload=pattern(1000)))
    # Not until the call is over, as in the other languages: grpcio puts INTERNAL in the place of the status then.
    await upload.write(step)
    await expect_failure(upload)


async def end_chat(stub, step_id, timeout, end, code):
    """A chat whose server waits for more steps when the call ends in its middle."""
    chat = stub.Chat(timeout=timeout)
    await talk(chat, Step(id=step_id, payload=pattern(10), reply_sizes=[10]))
    end(chat)
    await drain(chat)
    await expect_code(chat, code)
    await expect_seen(stub, step_id, SeenReply.CANCELLED, 1)


async def end_download(stub, step_id, timeout, end, code):
    """A download without an end, which ends in its middle."""
    step = Step(id=step_id, payload=pattern(1000), reply_sizes=[1000], forever=True)
    download = stub.Download(step, timeout=timeout)
    for _ in range(10):
        await expect_piece(download, step.payload)
    end(download)
    await drain(download)
    await expect_code(download, code)
    await expect_seen(stub, step_id, SeenReply.CANCELLED, 1)


async def cancel(stub, _):
    await end_chat(stub, "cancel chat", SECONDS, lambda call: call.cancel(), grpc.StatusCode.CANCELLED)
    await end_download(stub, "cancel download", SECONDS, lambda call: call.cancel(), grpc.StatusCode.CANCELLED)


async def deadline(stub, _):
    await end_chat(stub, "deadline chat", 2, lambda call: None, grpc.StatusCode.DEADLINE_EXCEEDED)
    await end_download(stub, "deadline download", 2, lambda call: None, grpc.StatusCode.DEADLINE_EXCEEDED)


async def killed(stub, _):
    chat = stub.Chat(timeout=SECONDS)
    await talk(chat, Step(payload=pattern(10), reply_sizes=[10]))
    await ask("kill the server")
    await drain(chat)
    await expect_code(chat, grpc.StatusCode.UNAVAILABLE)
    # In a thread, as in `restart`.
    waiting = stub.Nothing(interop_pb2.Empty(), timeout=SECONDS, wait_for_ready=True)
    await asyncio.to_thread(print, "start the server", flush=True)
    await waiting


CASES = (client_streaming, server_streaming, ping_pong, empty_stream, client_first, server_first, both_at_once,
         many_messages, server_fails, cancel, deadline, killed)
