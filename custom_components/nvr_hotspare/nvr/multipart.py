"""The parts of an answer that goes on, as recorders tell events (multipart, RFC 2046, section 5.1).

What stands between parts is often not what the head of the answer says: a boundary is taken for one
by its line, "--" and whatever follows, after which headers and an empty line come. Parts end by
their Content-Length where they have one, else at the next boundary.
"""

from collections.abc import AsyncGenerator, AsyncIterator
import re
from typing import Final

from .errors import UnitProtocolError

_LARGEST: Final = 1_048_576
"""Bytes of one part: some hold a picture."""
_HEAD: Final = re.compile(rb"(?:\A|\n)--[^\r\n]{1,200}\r?\n((?:[^\r\n]{1,1000}\r?\n){0,30})\r?\n")
_NEXT: Final = re.compile(rb"\r?\n--[^\r\n]{1,200}\r?\n")
_LENGTH: Final = re.compile(rb"^content-length:\s*(\d{1,9})\s*$", re.IGNORECASE | re.MULTILINE)


async def parts_of(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """Yield the body of each part as soon as it is complete.

    Raises:
        UnitProtocolError: A part is larger than any unit's.
        UnitError: As `chunks` does.
    """
    buffer = bytearray()
    async for chunk in chunks:
        buffer += chunk
        while (taken := _take(buffer)) is not None:
            body, end = taken
            del buffer[:end]
            yield body
        if len(buffer) > _LARGEST:
            raise UnitProtocolError("It tells more at once than any unit does")


def _take(buffer: bytearray) -> tuple[bytes, int] | None:
    """Return the first part that is complete, and where it ends."""
    head = _HEAD.search(buffer)
    if head is None:
        return None
    start = head.end()
    if length := _LENGTH.search(head[1]):
        end = start + int(length[1])
        return (bytes(buffer[start:end]), end) if end <= len(buffer) else None
    following = _NEXT.search(buffer, start)
    if following is None:
        return None
    return bytes(buffer[start : following.start()]), following.start()
