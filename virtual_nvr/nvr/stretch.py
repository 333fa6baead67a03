"""A part of what was recorded, as the addresses of vendors name one: between two times."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import override

from custom_components.nvr_hotspare.recorder.model import Frame, Tracks
from custom_components.nvr_hotspare.recorder.rtsp.footage import Footage, Shot
from custom_components.nvr_hotspare.recorder.rtsp.order import Order


class Stretch(Footage):
    """What was recorded between two times; None is as far as there is any."""

    def __init__(  # noqa: PLR0913 - all in which vendors differ
        self,
        footage: Footage,
        start: int | None,
        end: int | None,
        *,
        onvif: bool,
        named: bool,
        ahead: int = 0,
    ) -> None:
        """Play a part of some footage.

        Args:
            footage: All of it.
            start: In nanoseconds since 1970 UTC.
            end: The same.
            onvif: Whether it is replayed as ONVIF has it to who requires that.
            named: Whether its tracks have the names that ONVIF gives them.
            ahead: Nanoseconds by which stamps are ahead of the times of the footage.
        """
        self.onvif = onvif
        self._footage = footage
        self._start = start
        self._end = end
        self._named = named
        self._ahead = ahead

    @override
    async def tracks(self) -> Tracks | None:
        return await self._footage.tracks()

    @override
    def names(self) -> Mapping[type[Frame], str]:
        return self._footage.names() if self._named else {}

    @override
    async def play(self, order: Order) -> AsyncIterator[Sequence[Shot]]:
        start = max((it for it in (order.start, self._start) if it is not None), default=None)
        end = min((it for it in (order.end, self._end) if it is not None), default=None)
        wanted = replace(order, start=start, end=end, paced=order.paced or not self.onvif)
        async for shots in self._footage.play(wanted):
            for shot in shots:
                shot.frame.time += self._ahead
            yield shots
