"""Events that a recorder tells as parts of an answer without end."""

from collections.abc import AsyncIterator

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.nvr.errors import UnitProtocolError
from custom_components.nvr_hotspare.nvr.multipart import parts_of

TOLD = (
    b"preamble\r\n\r\n--x\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nHeartbeat\r\n"
    b"--other\nContent-Length: 3\n\n\n\n\n\r\n\r\n--x\r\n\r\nuntil the\r\n\r\nnext --x\r\n"
    b"--x\r\ncontent-length: 0\r\n\r\n--x--\r\n\r\nlast"
)
BODIES = [b"Heartbeat", b"\n\n\n", b"until the\r\n\r\nnext --x", b""]


async def bodies(*chunks: bytes) -> list[bytes]:
    async def told() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    return [body async for body in parts_of(told())]


@given(size=st.integers(1, len(TOLD)))
async def test_parts_are_the_same_in_whatever_pieces_they_come(size: int) -> None:
    assert await bodies(*(TOLD[at : at + size] for at in range(0, len(TOLD), size))) == BODIES


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param(b"x" * 1000, id="no head"),
        pytest.param(b"\n--a" * 250, id="boundaries alone"),
        pytest.param(b"--a\n\n" + b"x" * 1000, id="no end"),
    ],
)
async def test_one_that_never_ends_a_part_is_given_up(flood: bytes) -> None:
    with pytest.raises(UnitProtocolError):
        await bodies(flood, *(b"x" * 1000 for _ in range(2000)))
