"""A camera's stream as frames: RTSP session, RTP packets and capture clock put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import time

from .errors import SourceUnreachableError
from .model import Frame, Source, VideoTrack
from .rtp.clock import CaptureClock
from .rtp.h264 import AccessUnit, Depacketizer
from .rtp.packet import parse_rtp, parse_sender_report
from .rtp.parameters import find_track
from .rtsp.client import OPEN_TIMEOUT, Session, open_session
from .rtsp.message import InterleavedPacket

SILENCE = 5.0
"""Seconds without a frame after which a camera counts as gone, whatever else it sends."""


@asynccontextmanager
async def open_stream(source: Source, within: float = OPEN_TIMEOUT) -> AsyncIterator[FrameStream]:
    """Play a camera's stream; SourceError as `open_session`."""
    async with open_session(source, within) as session:
        yield FrameStream(session)


class FrameStream:
    """The frames of one connection. Made by `open_stream`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._clock = CaptureClock()
        self._depacketizer = Depacketizer()
        self._track = find_track(session.media.parameter_sets)

    async def read(self) -> list[tuple[VideoTrack, Frame]]:
        """Wait for frames and return those that have arrived, at least one, each with its track.

        Frames before the first parameter sets are left out; nobody could decode them.

        Raises:
            SourceUnreachableError: The connection ended, or no frame came for 5 s.
            SourceProtocolError: The camera sent what is no RTSP.
        """
        try:
            async with asyncio.timeout(SILENCE):
                while True:
                    packets = await self._session.read()
                    if frames := self._frames(packets):
                        return frames
        except TimeoutError as error:
            raise SourceUnreachableError("The camera sends no frames.") from error

    def _frames(self, packets: list[InterleavedPacket]) -> list[tuple[VideoTrack, Frame]]:
        session, arrival = self._session, time.time_ns()
        frames: list[tuple[VideoTrack, Frame]] = []
        for channel, payload in packets:
            if channel == session.rtp_channel:
                packet = parse_rtp(payload)
                if packet is not None and packet.payload_type == session.media.payload_type:
                    for unit in self._depacketizer.push(packet):
                        self._take(unit, arrival, frames)
            elif channel == session.rtcp_channel and (report := parse_sender_report(payload)):
                self._clock.report(report, arrival)
        return frames

    def _take(self, unit: AccessUnit, arrival: int, frames: list[tuple[VideoTrack, Frame]]) -> None:
        ticks, captured = self._clock.capture(unit.timestamp, arrival)
        if unit.key or self._track is None:
            self._track = find_track(unit.nal_units, self._track)
        if self._track is not None:
            frame = Frame(nal_units=unit.nal_units, time=captured, ticks=ticks, key=unit.key)
            frames.append((self._track, frame))
