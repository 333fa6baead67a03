"""What the recorder plays over RTSP: /cam/realmonitor live, /cam/playback what was recorded."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import override

from custom_components.nvr_hotspare.recorder.model import Frame, Tracks
from custom_components.nvr_hotspare.recorder.rtsp.footage import Footage, Shot
from custom_components.nvr_hotspare.recorder.rtsp.order import Order
from custom_components.nvr_hotspare.recorder.rtsp.server import Presentation

from .firmware import DahuaFirmware
from .slots import recording_of
from .wire import RefusedError, number, parameters

_SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local
_FORMAT = "%Y_%m_%d_%H_%M_%S"


class Playback:
    """Finds what is under an address."""

    def __init__(
        self,
        firmware: DahuaFirmware,
        live: Callable[[str], Presentation | None],
        footage: Callable[[str], Footage],
    ) -> None:
        """Play the recordings of the recorder beneath, by their tokens.

        The times of `footage` are in UTC by the recorder's clock.
        """
        self._firmware = firmware
        self._live = live
        self._footage = footage

    def find(self, target: str) -> Presentation | Footage | None:
        """Return what is under a path with its query."""
        path, _, query = target.partition("?")
        asked = parameters(query)
        try:
            token = recording_of(number(asked.get("channel")) - 1)
            if path == "/cam/realmonitor":
                return self._live(token)
            if path != "/cam/playback":
                return None
            start, end = _time(asked.get("starttime")), _time(asked.get("endtime"))
        except RefusedError:
            return None
        offset = self._firmware.utc_offset * _SECOND
        stretch = Stretch(self._footage(token), start - offset, end - offset)
        stretch.onvif = self._firmware.onvif_replay
        stretch.ahead = self._firmware.wrong_zone * _SECOND
        return stretch


class Stretch(Footage):
    """What was recorded between two times that an address names.

    Attributes:
        onvif: Whether it is replayed as ONVIF has it to who requires that.
        ahead: Nanoseconds by which stamps are ahead of the times of the footage.
    """

    ahead = 0

    def __init__(self, footage: Footage, start: int, end: int) -> None:
        self._footage = footage
        self._start = start
        self._end = end

    @override
    async def tracks(self) -> Tracks | None:
        return await self._footage.tracks()

    @override
    def names(self) -> Mapping[type[Frame], str]:
        return {}

    @override
    async def play(self, order: Order) -> AsyncIterator[Sequence[Shot]]:
        start = self._start if order.start is None else max(order.start, self._start)
        end = self._end if order.end is None else min(order.end, self._end)
        wanted = replace(order, start=start, end=end, paced=order.paced or not self.onvif)
        async for shots in self._footage.play(wanted):
            for shot in shots:
                shot.frame.time += self.ahead
            yield shots


def _time(text: str | None) -> int:
    """Return a local time as nanoseconds since 1970."""
    try:
        moment = datetime.strptime(text or "", _FORMAT)  # noqa: DTZ007 - local
    except ValueError:
        raise RefusedError from None
    return round((moment - _EPOCH).total_seconds()) * _SECOND
