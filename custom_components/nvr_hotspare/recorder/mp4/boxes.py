"""Boxes, the bricks of an MP4 file (ISO/IEC 14496-12, section 4.2)."""

from collections.abc import Iterator

from ..errors import DamagedFootageError

HEAD = 8
"""Bytes of a box before its payload: its size, these included, and its kind."""


def box(kind: bytes, *parts: bytes) -> bytes:
    """Return a box of this kind around its parts."""
    size = HEAD + sum(map(len, parts))
    return b"".join((size.to_bytes(4), kind, *parts))


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """Return a box whose payload begins with a version and 24 bits of flags."""
    return box(kind, bytes((version,)), flags.to_bytes(3), *parts)


def parse_head(head: bytes | memoryview) -> tuple[bytes, int]:
    """Return kind and size (these 8 bytes included) of the box that begins so.

    Raises:
        DamagedFootageError: The size is impossible, or one of the two forms that the engine
            never writes: 64 bits long, or "to the end of the file".
    """
    size = int.from_bytes(head[:4])
    if size < HEAD:
        raise DamagedFootageError("A box of the file has an impossible size.")
    return bytes(head[4:8]), size


def boxes(payload: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield kind and payload of the boxes that fill a payload.

    Raises:
        DamagedFootageError: One of them reaches beyond it.
    """
    while payload:
        if len(payload) < HEAD:
            raise DamagedFootageError("A box of the file is cut off.")
        kind, size = parse_head(payload[:HEAD])
        if size > len(payload):
            raise DamagedFootageError("A box of the file reaches beyond the one it is in.")
        yield kind, payload[HEAD:size]
        payload = payload[size:]


def find(payload: memoryview, *path: bytes) -> memoryview:
    """Return the payload of the first box on this path of kinds.

    Raises:
        DamagedFootageError: There is none.
    """
    for wanted in path:
        found = next((inner for kind, inner in boxes(payload) if kind == wanted), None)
        if found is None:
            raise DamagedFootageError(f"The file has no {wanted.decode()} box where one belongs.")
        payload = found
    return payload
