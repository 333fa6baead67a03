"""What footage a recorder has of a channel, and where it plays it.

Times of searches end in Z. Whether they are local all the same shows at the newest footage: a file
that would end in the future tells, and so does one that ends now of a channel that is recorded.
"""

import asyncio
from collections.abc import Sequence
import time
from typing import Final

from ...recorder.giving.model import Replay
from ...recorder.spans import Span, intersection, union
from ..clock import ClockBounds
from ..errors import UnitProtocolError, UnitRequestError, UnitUnsupportedError
from ..local_clock import LocalClock
from ..model import FootageTold
from ..untrusted import number, text_of, within
from .client import IsapiClient
from .search import File, Finder
from .tracks import track_of
from .working import take_channels

_SECOND: Final = 1_000_000_000
_PLAYED: Final = "%Y%m%dT%H%M%SZ"
_RTSP: Final = 554
_ACCESSES: Final = "Security/adminAccesses"
_NEAR: Final = 120
"""Seconds around now at which the newest footage of a channel that is recorded ends."""
_REACH: Final = 15 * 3600
"""Seconds that zones differ from UTC at most, and a little."""
_REFUSALS: Final = (UnitRequestError, UnitUnsupportedError, UnitProtocolError)


class HikvisionFootage:
    """Asks for it; one search at a time, because recorders have few sessions for them."""

    def __init__(self, client: IsapiClient, finder: Finder, clock: LocalClock) -> None:
        self._client = client
        self._finder = finder
        self._clock = clock
        self._port: int | None = None
        self._is_local: bool | None = None
        """Whether times that end in Z are local; None while that is not known."""
        self._learned = False
        self._asking = asyncio.Lock()

    async def footage(self, channel: int, within: Span) -> FootageTold:
        """Tell what video a channel holds, by our clock.

        Raises:
            UnitError: As `Finder.find`.
        """
        async with self._asking:
            bounds = await self._clock.measure()
            await self._settle(channel, bounds)
            ahead = bounds.ahead
            shift = ahead + self._zone * _SECOND
            start, end = (within.start + shift) // _SECOND, -(-(within.end + shift) // _SECOND)
            files = await self._finder.find(channel, start, end)
            bounds = bounds.widened(await self._clock.glance())
        spans = [Span(it.start * _SECOND - shift, it.end * _SECOND - shift) for it in files]
        doubt = 0 if self._is_known else abs(self._clock.zone) * _SECOND
        return FootageTold(
            # Times are whole seconds: files that follow one another may seem to leave one out.
            spans=intersection(union(spans, bridge=_SECOND), [within]),
            exact=True,
            uncertainty=bounds.doubt(ahead) + _SECOND + doubt,
        )

    async def learn(self, channel: int) -> None:
        """Find out whether times are local, at a channel that is being recorded: later may be late.

        Raises:
            UnitError: As `Finder.find`.
        """
        if self._learned:
            return
        async with self._asking:
            await self._settle(channel, await self._clock.glance())
            self._learned = self._is_known

    async def is_growing(self, channel: int) -> bool:
        """Whether the newest footage of a channel is of just now.

        Raises:
            UnitError: As `Finder.find`.
        """
        async with self._asking:
            bounds = await self._clock.measure()
            newest = await self._newest(channel, bounds)
        return any(abs(newest - moment) <= _NEAR for moment in self._nows(bounds))

    async def has_any(self, channel: int, since: int) -> bool:
        """Whether there is footage of a channel from a time on, in seconds since 1970 UTC.

        Raises:
            UnitError: As `Finder.find`.
        """
        now = time.time_ns()
        begin = min(since * _SECOND, now)
        told = await self.footage(channel, Span(begin, now + _NEAR * _SECOND))
        return any(span.end > span.start for span in told.spans)

    async def replay(self, channel: int) -> Replay:
        """Tell where a channel is played.

        Raises:
            UnitError: As `Finder.find`.
        """
        async with self._asking:
            bounds = await self._clock.measure()
            await self._settle(channel, bounds)
        account = self._client.credentials
        path = f"/Streaming/tracks/{track_of(channel)}/?starttime={{start}}&endtime={{end}}"
        return Replay(
            uri=await self.address(path),
            username=account.username,
            password=account.password,
            ahead=bounds.ahead,
            times=_PLAYED,
            zone=self._zone * _SECOND,
        )

    async def address(self, path: str) -> str:
        """Return the address of something that the recorder shows over RTSP.

        Raises:
            UnitError: As `IsapiClient.get`.
        """
        if self._port is None:
            self._port = await self._rtsp_port()
        host = self._client.endpoint.host
        return f"rtsp://{f'[{host}]' if ':' in host else host}:{self._port}{path}"

    @property
    def _zone(self) -> int:
        """Seconds by which times that end in Z are ahead of UTC. Most firmwares tell local ones."""
        return 0 if self._is_local is False else self._clock.zone

    @property
    def _is_known(self) -> bool:
        return self._is_local is not None or self._clock.zone == 0

    async def _rtsp_port(self) -> int:
        try:
            told = await self._client.get(_ACCESSES)
        except _REFUSALS:
            return _RTSP
        ports = (
            number(text_of(it, "portNo"))
            for it in within(told, "AdminAccessProtocol")
            if text_of(it, "protocol").upper() == "RTSP"
        )
        return next(filter(None, ports), _RTSP)

    async def _settle(self, channel: int, bounds: ClockBounds) -> None:
        """Find out, if that is possible now, whether times are local."""
        if self._is_known:
            return
        newest = await self._newest(channel, bounds)
        utc, local = self._nows(bounds)
        if newest > min(utc, local) + _NEAR:
            self._is_local = local > utc  # no footage is of the future
        elif newest >= min(utc, local) - _NEAR and await self._is_recorded(channel):
            self._is_local = local < utc

    async def _is_recorded(self, channel: int) -> bool:
        try:
            channels = await take_channels(self._client)
        except _REFUSALS:
            return False
        return channel in channels and channels[channel].recorded

    def _nows(self, bounds: ClockBounds) -> tuple[int, int]:
        """Return what time it is for the recorder, in UTC and local, in seconds since 1970."""
        utc = round(time.time() + bounds.middle)
        return utc, utc + self._clock.zone

    async def _newest(self, channel: int, bounds: ClockBounds) -> int:
        """Return when the newest footage of a channel ends; 0 where there is none of late."""
        utc, _ = self._nows(bounds)
        files: Sequence[File] = await self._finder.find(channel, utc - _REACH, utc + _REACH)
        return max((it.end for it in files), default=0)
