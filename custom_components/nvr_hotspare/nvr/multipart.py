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
_LARGEST_HEAD: Final = 8192
_LONGEST_LINE: Final = 200
"""Bytes of a boundary's."""
_EMPTY_LINE: Final = re.compile(rb"\n\r?\n")
_HEAD: Final = re.compile(rb"--[^\r\n]{1,200}\r?(?:\n(.*))?", re.DOTALL)
_NEXT: Final = re.compile(rb"\r?\n--[^\r\n]{1,200}\r?\n")
_LENGTH: Final = re.compile(rb"^content-length:\s*(\d{1,9})\s*$", re.IGNORECASE | re.MULTILINE)


async def parts_of(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """Yield the body of each part as soon as it is complete.

    Raises:
        UnitProtocolError: A part is larger than any unit's.
        UnitError: As `chunks` does.
    """
    parts = _Parts()
    async for chunk in chunks:
        for body in parts.feed(chunk):
            yield body


class _Parts:
    """Puts parts together. No byte is looked at again and again, however small the chunks are."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._seen = 0
        """How much of it holds no end of what is looked for."""
        self._in_body = False
        self._length: int | None = None
        """Of the body, if it was told."""

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the bodies that a chunk completes; UnitProtocolError if one is too large."""
        self._buffer += chunk
        found = list[bytes]()
        while self._take_body(found) if self._in_body else self._take_head():
            pass
        if len(self._buffer) > _LARGEST:
            raise UnitProtocolError("It tells more at once than any unit does")
        return found

    def _take_head(self) -> bool:
        """Take off all up to the next empty line, which ends the head of a part or nothing."""
        end = _EMPTY_LINE.search(self._buffer, self._seen)
        if end is None:
            self._seen = max(0, len(self._buffer) - len(b"\n\r"))
            return False
        lines = self._buffer[max(0, end.start() - _LARGEST_HEAD) : end.start()]
        boundary = lines.rfind(b"\n--") + 1
        head = _HEAD.fullmatch(lines, boundary)
        self._forget(end.end())
        self._in_body = head is not None
        if head is not None:
            length = _LENGTH.search(head[1] or b"")
            self._length = int(length[1]) if length else None
        return True

    def _take_body(self, found: list[bytes]) -> bool:
        if self._length is not None:
            end = self._length if self._length <= len(self._buffer) else None
        else:
            following = _NEXT.search(self._buffer, self._seen)
            end = following.start() if following else None
            self._seen = max(0, len(self._buffer) - _LONGEST_LINE - len(b"\r\n--\r\n"))
        if end is None:
            return False
        found.append(bytes(self._buffer[:end]))
        self._forget(end)
        self._in_body = False
        return True

    def _forget(self, end: int) -> None:
        del self._buffer[:end]
        self._seen = 0
