"""What the recorder plays over RTSP: /Streaming/channels live, /Streaming/tracks as recorded."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs

from custom_components.nvr_hotspare.recorder.rtsp.footage import Footage
from custom_components.nvr_hotspare.recorder.rtsp.server import Presentation

from ..nvr.stretch import Stretch
from .firmware import HikvisionFirmware
from .inputs import recording_of

_SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMAT = "%Y%m%dT%H%M%SZ"
_STREAMS = 100
_SUB = 2


class Playback:
    """Finds what is under an address."""

    def __init__(
        self,
        firmware: HikvisionFirmware,
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
        match path.strip("/").lower().split("/"):
            case ["streaming", "channels", stream] if stream.isdecimal():
                channel, which = divmod(int(stream), _STREAMS)
                return self._live(recording_of(channel)) if which in {1, _SUB} else None
            case ["streaming", "tracks", track] if track.isdecimal():
                return self._stretch(int(track) // _STREAMS, query)
            case _:
                return None

    def _stretch(self, channel: int, query: str) -> Footage:
        asked = parse_qs(query)
        offset = self._firmware.utc_offset * _SECOND if self._firmware.local_times else 0
        start, end = (_time(asked.get(name), offset) for name in ("starttime", "endtime"))
        onvif = self._firmware.onvif_replay
        return Stretch(self._footage(recording_of(channel)), start, end, onvif=onvif, named=onvif)


def _time(told: list[str] | None, offset: int) -> int | None:
    """Return a time that an address names, in UTC by the recorder's clock."""
    if not told:
        return None
    try:
        moment = datetime.strptime(told[0].upper(), _FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return round((moment - _EPOCH).total_seconds()) * _SECOND - offset
