"""RTSP cameras in software, each on its own loopback address.

They loop one clip, each from another picture of it, and stamp every frame with its number and
capture time. A frame's number is the time divided by the frame interval, so the numbers go on
across a restart, and a recording shows how many frames it misses of a time nobody recorded.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from enum import Enum, auto
import ipaddress
import logging
from pathlib import Path
import time
from types import TracebackType
from typing import Self, override

from custom_components.nvr_hotspare.recorder.auth import Guard
from custom_components.nvr_hotspare.recorder.model import (
    CLOCK_RATE,
    AudioFrame,
    Frame,
    Tracks,
    VideoFrame,
)
from custom_components.nvr_hotspare.recorder.rtsp.server import Limits, Presentation, RtspServer

from .camera_settings import CameraSettings
from .clip import CACHE, SOUND_TICKS, Clip, ClipFormat, load
from .private import Credentials
from .stamp import FRAME_RATE, Stamp, build, checksum, frame_at, time_of
from .viewers import Viewers

PATH = "/stream"

_LOGGER = logging.getLogger(__name__)
_SECOND = 1_000_000_000
_GAP = 10 * _SECOND
"""A camera this late, or early, was not slow: it was suspended, or the clock was set."""
_STRIDE = 7
"""Pictures of the clip between one camera and the next: their keyframes don't coincide."""
_PHASES = 16
"""Moments within a frame's interval at which one camera or another sends."""


def sending_time(camera: int, frame: int) -> int:
    """Return when a camera sends one of its frames, in nanoseconds since 1970 UTC."""
    return time_of(frame) + camera % _PHASES * _SECOND // FRAME_RATE // _PHASES


class State(Enum):
    """What a camera does."""

    ON = auto()
    FROZEN = auto()
    """Its connections stand and nothing is sent, answers included."""
    DROPPED = auto()
    """Its connections are cut and new ones refused, as if it had no power."""


class _Server(RtspServer):
    """Answers only while its camera is not frozen."""

    def __init__(
        self, presentation: Presentation, guard: Guard, limits: Limits, *, udp: bool
    ) -> None:
        presentations = {PATH: presentation}
        super().__init__(presentations.get, guard=guard, limits=limits, udp=udp)
        self.awake = asyncio.Event()
        self.awake.set()

    @override
    async def on_request(self) -> None:
        await self.awake.wait()


class VirtualCamera:
    """One camera, and what its server presents."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that a camera is
        self,
        number: int,
        address: str,
        clip: Clip,
        guard: Guard,
        config: CamerasConfig,
        settings: CameraSettings,
    ) -> None:
        """Be camera `number`, as its frames say, and show the clip to whom the guard admits."""
        self.number = number
        self.address = address
        self.state = State.ON
        self._clip = clip
        self._checksums = [checksum(slices) for slices in clip.frames]
        self._viewers = Viewers()
        self._server = _Server(self, guard, config.limits, udp=config.udp)
        self.settings = settings
        self._port = 0
        self._filming: asyncio.Task[None] | None = None

    @property
    def uri(self) -> str:
        """Where its stream is."""
        return f"rtsp://{self.address}:{self._port}{PATH}"

    def tracks(self) -> Tracks:
        """Return what a viewer's decoder must know."""
        return self._clip.tracks

    def subscribe(self) -> AbstractAsyncContextManager[AsyncIterator[Frame]]:
        """Watch the camera."""
        _LOGGER.info("Camera %d is played", self.number)
        return self._viewers.subscribe()

    async def start(self, port: int) -> None:
        """Film, and listen on this port; 0 takes a free one."""
        self._port = await self._server.start(self.address, port)
        self._filming = asyncio.create_task(self._film())

    async def close(self) -> None:
        """Stop for good."""
        if self._filming is not None:
            self._filming.cancel()
        await self._server.close()

    def refuse(self, status: int) -> None:
        """Answer every further viewer with a status, such as 453; those that watch watch on."""
        limits = self._server.limits
        self._server.limits = replace(limits, sessions=0, busy_status=status)

    async def set(self, state: State) -> None:
        """Freeze, drop or restore the camera."""
        if state is State.DROPPED:
            await self._server.close()
        elif self.state is State.DROPPED:
            await self._server.start(self.address, self._port)
        if state is State.FROZEN:
            self._server.awake.clear()
        else:
            self._server.awake.set()
        self.state = state

    async def _film(self) -> None:
        """Publish every frame that somebody sees, at its time."""
        number = frame_at(time.time_ns())
        sound = self._sounds_until(time.time_ns())
        while True:
            wait = sending_time(self.number, number) - time.time_ns()
            if abs(wait) > _GAP:
                number = frame_at(time.time_ns())
                sound = self._sounds_until(time.time_ns())
                continue
            await asyncio.sleep(wait / _SECOND)
            if self._viewers and self.state is State.ON:
                self._viewers.publish(self._frame(number))
                for each in range(sound, self._sounds_until(time_of(number))):
                    self._viewers.publish(self._sound(each))
            sound = self._sounds_until(time_of(number))
            number += 1

    def _sounds_until(self, moment: int) -> int:
        """Return how many access units of audio were captured from 1970 to a moment."""
        track = self._clip.tracks.audio
        return moment * track.rate // (SOUND_TICKS * _SECOND) if track else 0

    def _sound(self, number: int) -> AudioFrame:
        track = self._clip.tracks.audio
        assert track is not None  # noqa: S101 (who has no audio has no number of it)
        ticks = number * SOUND_TICKS
        return AudioFrame(
            data=self._clip.sounds[number % len(self._clip.sounds)],
            time=ticks * _SECOND // track.rate,
            ticks=ticks,
            duration=SOUND_TICKS,
        )

    def _frame(self, number: int) -> VideoFrame:
        position = (number + self.number * _STRIDE) % len(self._clip.frames)
        captured = time_of(number)
        track = self._clip.tracks.video
        mark = Stamp(self.number, number, captured, self._checksums[position])
        stamp = build(mark, track.codec)
        key = position % self._clip.gop == 0
        return VideoFrame(
            nal_units=[
                *(filter(None, (track.vps, track.sps, track.pps)) if key else ()),
                stamp,
                *self._clip.frames[position],
            ],
            time=captured,
            ticks=number * CLOCK_RATE // FRAME_RATE,
            key=key,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CamerasConfig:
    """Which cameras to be."""

    count: int
    first_address: str = "127.0.1.1"
    """Of the first one; the next ones follow it."""
    port: int = 8554
    """0 gives each camera a free one of its own."""
    limits: Limits = Limits(sessions=4, linger=5.0)  # noqa: RUF009 (frozen)
    format: ClipFormat = ClipFormat()  # noqa: RUF009 (frozen)
    long_format: ClipFormat = ClipFormat(gop=100, gops=2)  # noqa: RUF009 (frozen)
    """What the camera `long_gop` shows."""
    long_gop: int | None = None
    udp: bool = False
    """Whether they send over UDP alone."""
    onvif_port: int = 0
    """Where they tell and take their settings by ONVIF; 0 is nowhere."""
    cache: Path = CACHE


class VirtualCameras:
    """Cameras numbered from 1, which live while this context is entered."""

    def __init__(self, config: CamerasConfig, credentials: Credentials) -> None:
        self._config = config
        self._credentials = credentials
        self._cameras: dict[int, VirtualCamera] = {}

    @property
    def cameras(self) -> Mapping[int, VirtualCamera]:
        """All of them by number."""
        return self._cameras

    async def __aenter__(self) -> Self:
        config = self._config
        first = ipaddress.ip_address(config.first_address)
        clip = load(config.format, config.cache)
        long_clip = load(config.long_format, config.cache) if config.long_gop else clip
        account = self._credentials
        guard = Guard("Virtual camera", {account.username: account.password})
        try:
            for index in range(config.count):
                number = index + 1
                camera = VirtualCamera(
                    number,
                    str(first + index),
                    long_clip if number == config.long_gop else clip,
                    guard,
                    config,
                    CameraSettings(config.format, account),
                )
                self._cameras[number] = camera
                await camera.start(config.port)
                if config.onvif_port:
                    await camera.settings.start(camera.address, config.onvif_port)
        except OSError:
            await self._close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._close()

    async def _close(self) -> None:
        for camera in self._cameras.values():
            await camera.settings.stop()
            await camera.close()
        self._cameras.clear()
