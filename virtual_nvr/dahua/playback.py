"""What the recorder plays over RTSP: /cam/realmonitor live, /cam/playback what was recorded."""

from collections.abc import Callable
from datetime import datetime

from custom_components.nvr_hotspare.recorder.rtsp.footage import Footage
from custom_components.nvr_hotspare.recorder.rtsp.server import Presentation

from ..nvr.stretch import Stretch
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
        return Stretch(
            self._footage(token),
            start - offset,
            end - offset,
            onvif=self._firmware.onvif_replay,
            named=False,
            ahead=self._firmware.wrong_zone * _SECOND,
        )


def _time(text: str | None) -> int:
    """Return a local time as nanoseconds since 1970."""
    try:
        moment = datetime.strptime(text or "", _FORMAT)  # noqa: DTZ007 - local
    except ValueError:
        raise RefusedError from None
    return round((moment - _EPOCH).total_seconds()) * _SECOND
