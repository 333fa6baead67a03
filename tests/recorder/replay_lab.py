"""Footage as recorders play it, made packet by packet."""

from collections.abc import Iterable
import itertools
import struct

from custom_components.nvr_hotspare.recorder.giving.model import Replay
from custom_components.nvr_hotspare.recorder.model import AudioFrame, VideoFrame
from custom_components.nvr_hotspare.recorder.replay import ReplayStream, open_replay
from custom_components.nvr_hotspare.recorder.rtp.capture import CaptureStamp, Mark
from custom_components.nvr_hotspare.recorder.rtsp.message import (
    InterleavedPacket,
)
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.recorder.scripted_camera import FRAME, ScriptedCamera, frame

START = 1_795_460_452_000_000_000
SECOND = 1_000_000_000
STEP = SECOND // 25
AUDIO = b"m=audio 0 RTP/AVP 0\r\na=control:track2\r\n"
ALL = Span(START, START + 4 * STEP)
"""Ends before the second key frame."""
NOTHING = Mark(0)
SEQUENCES = itertools.count(), itertools.count()


def packet(
    timestamp: int, payload: bytes, extension: bytes = b"", *, marker: bool = True, media: int = 0
) -> bytes:
    """Return the next packet of the video, or of the audio if `media` is 1."""
    first, kind = 0x80 | (0x10 if extension else 0), 0 if media else 96
    second, sequence = kind | (0x80 if marker else 0), next(SEQUENCES[media]) & 0xFFFF
    head = struct.pack(">BBHII", first, second, sequence, timestamp & 0xFFFF_FFFF, 1 + media)
    return InterleavedPacket(2 * media, head + extension + payload).encode()


def stamp(time: int, marks: Mark = NOTHING) -> bytes:
    return CaptureStamp(time, marks, 3).encode()


def moment(number: int) -> int:
    return START + number * STEP


def footage(
    numbers: Iterable[int],
    *,
    ends: Mark = NOTHING,
    unstamped: Iterable[int] = (),
    ahead: int = 0,
    ticks: int = 0,
) -> bytes:
    """Return the packets of frames that tell their numbers, a key frame every five.

    Args:
        numbers: In the order of sending.
        ends: What the last one is marked as.
        unstamped: Those that do not tell their time.
        ahead: Nanoseconds by which the recorder's clock is ahead.
        ticks: What timestamps begin with.
    """
    sent, bare = list(numbers), set(unstamped)
    data = b""
    for number in sent:
        units = frame(number)
        marks = ends if number == sent[-1] else NOTHING
        for unit in units:
            stamped = unit is units[0] and number not in bare
            data += packet(
                ticks + number * FRAME,
                unit,
                stamp(moment(number) + ahead, marks) if stamped else b"",
                marker=unit is units[-1],
            )
    return data


def numbers_of(frames: Iterable[object]) -> list[int]:
    """Return the numbers that frames of video tell."""
    return [
        int.from_bytes(each.nal_units[-1][1:5]) for each in frames if isinstance(each, VideoFrame)
    ]


async def play(
    recorder: ScriptedCamera, span: Span = ALL, *, ahead: int = 0
) -> tuple[list[VideoFrame | AudioFrame], ReplayStream]:
    """Play a span to its end."""
    async with open_replay(Replay(uri=recorder.uri, ahead=ahead), span) as stream:
        return [found async for _, found in stream], stream
