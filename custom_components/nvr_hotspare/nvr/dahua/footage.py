"""What footage a recorder has of a channel, and where it plays it."""

import asyncio
from typing import Final

from ...recorder.giving.model import Replay
from ...recorder.spans import Span, intersection, union
from ..errors import UnitProtocolError, UnitRequestError, UnitUnsupportedError
from ..local_clock import LocalClock
from ..model import FootageTold
from .client import DahuaClient
from .finder import File, Finder
from .table import whole

_SECOND: Final = 1_000_000_000
_TIMES: Final = "%Y_%m_%d_%H_%M_%S"
_RTSP: Final = 554
_MARGIN: Final = 60
"""Seconds after now until which footage is looked for."""
_PORTS: Final = range(1, 65_536)


class DahuaFootage:
    """Asks for it."""

    def __init__(self, client: DahuaClient, finder: Finder, clock: LocalClock) -> None:
        self._client = client
        self._finder = finder
        self._clock = clock
        self._port: int | None = None
        self._measuring = asyncio.Lock()

    async def footage(self, channel: int, within: Span) -> FootageTold:
        """Tell what video a channel holds, by our clock.

        Raises:
            UnitError: As `Finder.find`.
        """
        async with self._measuring:
            bounds = await self._clock.measure()
        ahead = bounds.ahead
        shift = ahead + self._clock.zone * _SECOND
        start, end = within.start + shift, within.end + shift
        files = await self._finder.find(channel, start // _SECOND, -(-end // _SECOND))
        spans = [self._span(file, ahead) for file in files]
        async with self._measuring:
            bounds = bounds.widened(await self._clock.glance())
        # Times are whole seconds: files that follow one another may seem to leave one out.
        return FootageTold(
            spans=intersection(union(spans, bridge=_SECOND), [within]),
            exact=True,
            uncertainty=bounds.doubt(ahead) + _SECOND,
        )

    async def has_any(self, channel: int, since: int) -> bool:
        """Whether there is footage of a channel from a time on, in seconds since 1970 UTC.

        Raises:
            UnitError: As `Finder.find`.
        """
        async with self._measuring:
            bounds = await self._clock.measure()
        begin = since + self._clock.zone + bounds.ahead // _SECOND
        now = await self._clock.seconds()
        files = await self._finder.find(channel, begin, max(begin, now) + _MARGIN)
        return any(file.end > begin + 1 for file in files)

    async def replay(self, channel: int) -> Replay:
        """Tell where a channel is played.

        Raises:
            UnitError: As `LocalClock.measure`.
        """
        async with self._measuring:
            bounds = await self._clock.measure()
        account = self._client.credentials
        query = f"channel={channel + 1}&subtype=0&starttime={{start}}&endtime={{end}}"
        return Replay(
            uri=await self.address(f"/cam/playback?{query}"),
            username=account.username,
            password=account.password,
            ahead=bounds.ahead,
            times=_TIMES,
            zone=self._clock.zone * _SECOND,
        )

    async def address(self, path: str) -> str:
        """Return the address of something that the recorder shows over RTSP.

        Raises:
            UnitError: As `DahuaClient.config`.
        """
        if self._port is None:
            try:
                told = whole((await self._client.config("RTSP")).get("RTSP.Port"))
            except UnitRequestError, UnitUnsupportedError, UnitProtocolError:
                told = None
            self._port = told if told in _PORTS else _RTSP
        host = self._client.endpoint.host
        return f"rtsp://{f'[{host}]' if ':' in host else host}:{self._port}{path}"

    def _span(self, file: File, ahead: int) -> Span:
        """Return when a file was recorded, by our clock.

        A recorder that says by how much local time was ahead back then has changed to or from
        daylight saving time since, perhaps.
        """
        zone = self._clock.zone if file.utc_offset is None else file.utc_offset
        shift = zone * _SECOND + ahead
        return Span(file.start * _SECOND - shift, file.end * _SECOND - shift)
