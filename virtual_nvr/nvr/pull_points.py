"""Pull points: where messages wait until a client fetches them."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
import itertools

from .faults import Code, Fault, invalid
from .notices import Notice

_MOST_WAITING = 100
"""Messages kept for a client that does not fetch them; then the oldest go."""
_LONGEST = timedelta(hours=1)
"""For which a pull point stands without its client."""


class PullPoint:
    """One client's."""

    def __init__(self, name: str, ends: datetime, notices: Iterable[Notice]) -> None:
        """Make one that holds these messages already."""
        self.name = name
        self.ends = ends
        self._waiting = deque(notices, maxlen=_MOST_WAITING)
        self._filled = asyncio.Event()
        self._ended = False

    def put(self, notice: Notice) -> None:
        """Add a message."""
        self._waiting.append(notice)
        self._filled.set()

    def end(self) -> None:
        """Let nobody wait any more."""
        self._ended = True
        self._filled.set()

    async def take(self, seconds: float, most: int) -> list[Notice]:
        """Return what has come, as soon as anything has or the time is over."""
        if not self._waiting and not self._ended:
            self._filled.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._filled.wait()
        return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]


class PullPoints:
    """All of a unit; none outlives a restart."""

    def __init__(self, now: Callable[[], datetime], most: int) -> None:
        """Keep as many as `most` at a time."""
        self._now = now
        self._most = most
        self._numbers = itertools.count(1)
        self._points: dict[str, PullPoint] = {}

    def open(self, lifetime: timedelta, notices: Iterable[Notice]) -> PullPoint:
        """Make a pull point.

        Raises:
            Fault: There are too many. (The specification leaves its codes open.)
        """
        self._forget_old()
        if len(self._points) >= self._most:
            raise Fault(Code.RECEIVER, "Action", reason="There is no room for another pull point")
        name = str(next(self._numbers))
        point = self._points[name] = PullPoint(name, self._end(lifetime), notices)
        return point

    def extend(self, point: PullPoint, lifetime: timedelta) -> None:
        """Let a pull point stand for that long from now on."""
        point.ends = self._end(lifetime)

    def close(self, point: PullPoint) -> None:
        """Take a pull point away; who waits at it is answered."""
        del self._points[point.name]
        point.end()

    def find(self, name: str) -> PullPoint:
        """Return a pull point.

        Raises:
            Fault: There is none of that name (any more).
        """
        self._forget_old()
        if (point := self._points.get(name)) is None:
            raise invalid("ResourceUnknownFault", "There is no such pull point")
        return point

    def put(self, notice: Notice) -> None:
        """Tell every client."""
        for point in self._points.values():
            point.put(notice)

    def end(self) -> None:
        """Let nobody wait any more: the unit stops."""
        for point in self._points.values():
            point.end()

    def _end(self, lifetime: timedelta) -> datetime:
        return self._now() + min(lifetime, _LONGEST)

    def _forget_old(self) -> None:
        now = self._now()
        self._points = {name: it for name, it in self._points.items() if it.ends > now}
