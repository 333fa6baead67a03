"""The footage on a spare on the network: what it tells is cut into scenes, which it plays.

Times are told anew each time, and differ by as much as the clocks are known. So scenes are cut at
the marks of the clock and begin with a whole second: where a name comes from an earlier look, it
still fits.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
import time
from typing import Final, override

from homeassistant.util import dt as dt_util

from ..failover.model import Camera
from ..links.link import UnitLink
from ..nvr.base import Spare
from ..nvr.errors import UnitError, UnitRequestError, UnitUnreachableError, UnitUnsupportedError
from ..recorder.spans import Span, intersection, union
from ..settings.unit import place_camera, place_key
from .scenes import Scenes
from .shelf import Scene, Shelf, ShelfError, day_of

_SECOND: Final = 1_000_000_000
LENGTH: Final = 120 * _SECOND
"""Nanoseconds from mark to mark: a scene is fetched whole before it plays."""
_PAUSE: Final = 10 * _SECOND
"""Nanoseconds without footage that are no end of a scene, as `recorder.scene` has it."""
_SETTLED: Final = 10 * _SECOND
"""Nanoseconds after which footage that ends is complete; what grows is a scene when it is over."""
_REACH: Final = 31 * 24 * 3600 * _SECOND
"""Nanoseconds back in which footage is looked for."""
_PATIENCE: Final = 20.0
"""Seconds in which a spare has to answer."""


class NetworkShelf(Shelf):
    """The recordings of our places on a recorder."""

    def __init__(self, link: UnitLink, scenes: Scenes, is_online: Callable[[], bool]) -> None:
        """Look at a spare, and fetch scenes of it; one that is known to be away is not asked."""
        super().__init__(link.config.title)
        self._link = link
        self._fetched = scenes
        self._is_online = is_online

    @override
    async def cameras(self) -> frozenset[Camera]:
        try:
            places = await self._ask(lambda unit: unit.places())
        except FileNotFoundError as error:
            reason = str(error.__cause__)
            raise ShelfError("spare_refuses", name=self.recorder, reason=reason) from error
        cameras = (place_camera(key) for key, place in places.items() if place.holds_footage)
        return frozenset(camera for camera in cameras if camera)

    @override
    async def days(self, camera: Camera) -> Mapping[date, int]:
        now = time.time_ns()
        spans = await self._told(camera, Span(now - _REACH, now))
        return await asyncio.to_thread(lambda: Counter(day_of(it.start) for it in _cut(spans)))

    @override
    async def scenes(self, camera: Camera, day: date) -> list[Scene]:
        midnights = map(dt_util.start_of_local_day, (day, day + timedelta(days=1)))
        begin, end = (round(midnight.timestamp()) * _SECOND for midnight in midnights)
        # A scene that begins before midnight is cut where the question begins, not at a mark.
        spans = await self._told(camera, Span(begin - LENGTH, end + LENGTH))
        return [scene for scene in _cut(spans) if begin <= scene.start < end]

    @override
    async def file(self, camera: Camera, start: int) -> Path:
        return await self._file(camera, start, picture=False)

    @override
    async def beginning(self, camera: Camera, start: int) -> Path:
        return await self._file(camera, start, picture=True)

    async def _told(self, camera: Camera, within: Span) -> tuple[Span, ...]:
        """Return when there is footage."""
        try:
            told = await self._ask(lambda unit: unit.footage(place_key(camera), within))
        except FileNotFoundError:
            return ()
        return intersection(union(told.spans, bridge=_PAUSE), [within])

    async def _file(self, camera: Camera, start: int, *, picture: bool) -> Path:
        if start % _SECOND or not 0 < start < time.time_ns():
            raise FileNotFoundError
        key = place_key(camera)
        span = Span(start, _mark_after(start))
        return await self._fetched.file(
            f"{self._link.config.unit}/{key}",
            span,
            self.recorder,
            lambda: self._ask(lambda unit: unit.replay(key)),
            picture=picture,
        )

    async def _ask[T](self, call: Callable[[Spare], Awaitable[T]]) -> T:
        """Ask the spare; FileNotFoundError where it has nothing of the kind."""
        if not self._is_online():
            raise ShelfError("spare_away", name=self.recorder)
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._link.ask(call)
        except UnitRequestError as error:
            raise FileNotFoundError from error
        except UnitUnsupportedError as error:
            raise ShelfError("footage_not_told", name=self.recorder) from error
        except (UnitUnreachableError, TimeoutError) as error:
            raise ShelfError("spare_away", name=self.recorder) from error
        except UnitError as error:
            reason = str(error)
            raise ShelfError("spare_refuses", name=self.recorder, reason=reason) from error


def _mark_after(moment: int) -> int:
    return (moment // LENGTH + 1) * LENGTH


def _cut(spans: tuple[Span, ...]) -> Iterator[Scene]:
    """Return the scenes of footage that are complete."""
    until = time.time_ns() - _SETTLED
    for span in spans:
        start = -(-span.start // _SECOND) * _SECOND  # the key frame before it is played too
        while start < span.end:
            end = min(span.end, _mark_after(start))
            if end <= until and end - start >= _SECOND:
                yield Scene(start=start, length=end - start)
            start = _mark_after(start)
