"""Whole cameras that say and send anything, over the wire.

An input is what a camera answers to one request after the other, media behind it.
"""

import asyncio
from contextlib import suppress
import re
from typing import Final

from custom_components.nvr_hotspare.recorder.errors import SourceError
from custom_components.nvr_hotspare.recorder.model import Source
from custom_components.nvr_hotspare.recorder.stream import open_stream
from tests.fuzz.haste import run
from tests.fuzz.target import Target
from tests.recorder.scripted_camera import gops
from tests.recorder.test_sdp import FULL

_PART: Final = b"\x1e"
_PATIENCE: Final = 20.0
"""Seconds of hasty time that opening may take."""
_READS: Final = 4
_COUNT: Final = re.compile(rb"CSeq: (\d+)")
_HEAD: Final = b"RTSP/1.0 200 OK\r\nCSeq: 0\r\n"
_SESSION: Final = _HEAD + b"Session: 1;timeout=60\r\n"
_TRANSPORT: Final = b"Transport: RTP/AVP/TCP;interleaved=%d-%d\r\n\r\n"
_ANSWERS: Final = (
    b'RTSP/1.0 401 No\r\nCSeq: 0\r\nWWW-Authenticate: Digest realm="a", nonce="b"\r\n\r\n',
    _HEAD + b"Content-Base: rtsp://c/1/\r\nContent-Length: %d\r\n\r\n" % len(FULL) + FULL,
    _SESSION + _TRANSPORT % (0, 1),
    _SESSION + _TRANSPORT % (2, 3),
    _SESSION + b"\r\n" + gops(range(12)),
    _SESSION + b"\r\n",
)


def _play(data: bytes) -> None:
    run(_watch(data))


async def _watch(data: bytes) -> None:
    answers = data.split(_PART)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            for answer in answers:
                asked = _COUNT.search(await reader.readuntil(b"\r\n\r\n"))
                count = asked[0] if asked else b""
                writer.write(answer.replace(b"CSeq: 0", count))
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        source = Source(uri=f"rtsp://127.0.0.1:{port}/1", username="a", password="b")
        try:
            async with open_stream(source, _PATIENCE) as stream:
                for _ in range(_READS):
                    await stream.read()
        finally:
            server.abort_clients()


TARGETS = (
    Target(name="a camera", parse=_play, errors=(SourceError,), seeds=(_PART.join(_ANSWERS),)),
)
