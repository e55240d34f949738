"""What the cases of the client share."""

import asyncio
import sys

# A google.rpc.Status of code 9 with a Duration of 90 s in its details.
DETAILS = (b"\x08\x09\x12\x12not while it rains"
           b"\x1a\x32\x0a\x2ctype.googleapis.com/google.protobuf.Duration\x12\x02\x08\x5a")

SECONDS = 30


def require(holds, otherwise):
    if not holds:
        raise AssertionError(otherwise)


def pattern(size):
    """Bytes that differ from their neighbours."""
    return bytes(i % 251 for i in range(size))


def resized(payload, size):
    """A payload as the server makes it of a request's."""
    return payload[:size].ljust(size, b"\0")


async def ask(what):
    """Asks the runner for something, and returns when it is done."""
    print(what, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
