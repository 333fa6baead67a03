"""Inputs made of seeds, the same ones from the same number: for runs of seconds."""

from collections.abc import Iterator, Sequence
from random import Random
import re

_NUMBERS = (b"0", b"-1", b"1", b"255", b"65536", b"99999999999", b"9" * 5000, b"1e400")
"""What parsers of numbers stumble over."""
_BYTES = (b"\0", b"\xff", b"\x80", b"\r\n", b"\n\n", b"\xed\xa0\x80", b"%00", b"../", b'"', b"<a>")
_DIGITS = re.compile(rb"[0-9]+")
_LONGEST = 1 << 16


def inputs(seeds: Sequence[bytes], number: int) -> Iterator[bytes]:
    """Yield the seeds, then changed ones without end."""
    yield from seeds
    random = Random(number)
    known = list(seeds) or [b""]
    while True:
        data = random.choice(known)
        for _ in range(random.choice((1, 1, 2, 4, 16))):
            data = _changed(data, random, known)[:_LONGEST]
        yield data


def _changed(data: bytes, random: Random, known: Sequence[bytes]) -> bytes:
    start = random.randint(0, len(data))
    end = min(len(data), start + random.choice((0, 1, 1, 2, 4, 16, 256)))
    before, piece, after = data[:start], data[start:end], data[end:]
    match random.randrange(7):
        case 0:
            piece = random.randbytes(len(piece))
        case 1:
            piece = b""
        case 2:
            piece *= random.choice((2, 3, 64, 4096))
        case 3:
            piece = bytes(it ^ 1 << random.randrange(8) for it in piece[:1]) + piece[1:]
        case 4:
            other = random.choice(known)
            begin = random.randint(0, len(other))
            piece = other[begin : begin + random.randrange(200)]
        case 5:
            piece = random.choice(_BYTES)
        case _:
            number = random.choice(_NUMBERS)
            return before + _DIGITS.sub(number, piece + after, count=1)
    return before + piece + after
