"""A camera's stream as frames: RTSP session, RTP packets and capture clock put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import time

from .errors import SourceUnreachableError
from .model import Frame, Source, Tracks, VideoFrame
from .rtp.access_unit import AccessUnit
from .rtp.clock import CaptureClock
from .rtp.h264 import Depacketizer
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

    async def read(self) -> list[tuple[Tracks, Frame]]:
        """Wait for frames and return those that have arrived, each with the tracks.

        Nothing is returned of frames before the first parameter sets; nobody could decode them.

        Raises:
            SourceUnreachableError: The connection ended, or no frame came for 5 s.
            SourceProtocolError: The camera sent what is no RTSP.
        """
        try:
            async with asyncio.timeout(SILENCE):
                while True:
                    packets = await self._session.read()
                    arrival = time.time_ns()
                    if units := self._units(packets, arrival):
                        return self._frames(units, arrival)
        except TimeoutError as error:
            raise SourceUnreachableError("The camera sends no frames.") from error

    def _units(self, packets: list[InterleavedPacket], arrival: int) -> list[AccessUnit]:
        """Take in packets and return the access units they complete."""
        session, units = self._session, list[AccessUnit]()
        payload_type = session.media.payload_type
        for received in packets:
            if received.channel == session.rtp_channel:
                packet = parse_rtp(received.payload)
                if packet is not None and packet.payload_type == payload_type:
                    units += self._depacketizer.push(packet)
            elif received.channel == session.rtcp_channel:
                report = parse_sender_report(received.payload)
                if report is not None:
                    self._clock.report(report, arrival)
        return units

    def _frames(self, units: list[AccessUnit], arrival: int) -> list[tuple[Tracks, Frame]]:
        frames: list[tuple[Tracks, Frame]] = []
        for unit in units:
            ticks, captured = self._clock.capture(unit.timestamp, arrival)
            if unit.key or self._track is None:
                self._track = find_track(unit.nal_units, self._track)
            if self._track is not None:
                frame = VideoFrame(
                    nal_units=unit.nal_units, time=captured, ticks=ticks, key=unit.key
                )
                frames.append((Tracks(self._track), frame))
        return frames
