"""A camera's stream as frames: RTSP session, RTP packets and capture clocks put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import time

from .errors import SourceUnreachableError
from .media import AudioReceiver, VideoReceiver
from .model import Frame, Source, Tracks
from .rtp.clock import CaptureClock
from .rtp.packet import parse_sender_report
from .rtsp.client import OPEN_TIMEOUT, Session, open_session
from .rtsp.message import InterleavedRun

SILENCE = 4.2
"""Seconds without video after which a camera counts as gone, whatever else it sends: 5 s with
those for which packets may wait to be read."""
_HASTE = 2.0
"""Seconds after the first key frame in which packets are read as they arrive: so the beginning is
recorded at once, and the clocks learn how quickly packets come."""

type _Receiver = VideoReceiver[CaptureClock] | AudioReceiver[CaptureClock]


@asynccontextmanager
async def open_stream(source: Source, within: float = OPEN_TIMEOUT) -> AsyncIterator[FrameStream]:
    """Play a camera's stream; SourceError as `open_session`."""
    async with open_session(source, within) as session:
        yield FrameStream(session)


class FrameStream:
    """The frames of one connection. Made by `open_stream`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._video = video = VideoReceiver(session.description.video, CaptureClock())
        self._media: dict[int, _Receiver] = {session.video.rtp: video}
        self._clocks = {session.video.rtcp: video.clock}
        self._audio: AudioReceiver[CaptureClock] | None = None
        if session.description.audio is not None and session.audio is not None:
            clock = CaptureClock(session.description.audio.track.rate, video.clock)
            self._audio = AudioReceiver(session.description.audio, clock)
            self._media[session.audio.rtp] = self._audio
            self._clocks[session.audio.rtcp] = self._audio.clock
        self._tracks: Tracks | None = None
        self._sees = False
        """Whether video was among the latest packets."""
        self._waited = 0.0
        """Seconds spent waiting since there was video."""

    async def read(self) -> list[tuple[Tracks, Frame]]:
        """Wait for frames and return those that have arrived, each with the tracks.

        Nothing is returned of frames before the first parameter sets; nobody could decode them.

        Raises:
            SourceUnreachableError: The connection ended, or no video came for 5 s.
            SourceProtocolError: The camera sent what is no RTSP.
        """
        begin = time.monotonic()
        self._sees = False
        try:
            async with asyncio.timeout(SILENCE - self._waited):
                while True:
                    runs = await self._session.read_runs()
                    frames = self._take(runs, time.time_ns())
                    if frames or self._sees:
                        break
        except TimeoutError as error:
            raise SourceUnreachableError("The camera sends no frames.") from error
        self._waited = 0.0 if self._sees else self._waited + time.monotonic() - begin
        if any(frame.key for _, frame in frames):
            self._session.collect(_HASTE)
        return frames

    def read_rest(self) -> list[tuple[Tracks, Frame]]:
        """Return the frames that have arrived, without waiting for any."""
        return self._take(self._session.read_rest(), time.time_ns())

    def _take(self, runs: list[InterleavedRun], arrival: int) -> list[tuple[Tracks, Frame]]:
        """Take in packets and return the frames they complete."""
        found = list[tuple[Tracks, Frame]]()
        for run in runs:
            channel = run[0]
            if (media := self._media.get(channel)) is not None:
                if frames := media.push_run(run, arrival):
                    self._sees |= media is self._video
                    tracks = self._current_tracks()
                    if tracks is not None:
                        for frame in frames:
                            found.append((tracks, frame))
            elif (clock := self._clocks.get(channel)) is not None:
                for payload in run.payloads():
                    report = parse_sender_report(payload)
                    if report is not None:
                        clock.report(report, arrival)
        return found

    def _current_tracks(self) -> Tracks | None:
        """Return the tracks as they are now; the same object as before where nothing changed."""
        video, tracks = self._video.track, self._tracks
        if video is None:
            return None
        if tracks is None or tracks.video is not video:
            tracks = self._tracks = Tracks(video, self._audio.track if self._audio else None)
        return tracks
