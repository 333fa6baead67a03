"""What happens to a working device, in sentences for people."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback

from ..failover.commands import Announce
from ..failover.model import Happening
from ..texts import loaded_texts

TEXTS: Final = "logbook"
"""The key of the texts among `translations`' selectors."""
_MINUTES: Final = 120
_HOURS: Final = 7200


@callback
def sentence(
    hass: HomeAssistant, said: Announce, cameras: Mapping[int, str], spares: Iterable[str]
) -> str:
    """Return what was announced of a device, to follow its name.

    Args:
        hass: Home Assistant, whose language it is in.
        said: What was announced.
        cameras: The names of the device's channels.
        spares: The titles of those that stand in for it now.
    """
    texts = loaded_texts(hass, TEXTS)
    key, values = said.happening.value, dict[str, str]()
    data: Any = said.data
    match said.happening:
        case Happening.HEARTBEAT_LOST:
            values["time"] = _duration(data["noticed_after"])
        case Happening.BACKING_UP:
            values["time"] = _duration(data["backing_up_after"])
            values["spares"] = ", ".join(spares)
        case Happening.NOT_BACKED_UP:
            values["why"] = texts[f"why_{data['reason']}"]
        case Happening.NO_RECORD:
            values["cameras"] = ", ".join(cameras[number] for number in data["channels"])
        case Happening.RETURNED:
            key = "returned" if data["offline_for"] else "given_back"
            values["time"] = _duration(data["offline_for"] or 0)
        case Happening.SYNCHRONIZED:
            values["time"] = _duration(data["footage_returned"])
        case Happening.SYNC_FAILED:
            values["why"] = data["detail"]
        case _:  # drilled
            key = "drilled" if data["good"] else "drill_failed"
    return texts[key].format_map(values)


def _duration(seconds: float) -> str:
    """Return a length of time in one unit, which needs no translation."""
    if seconds < _MINUTES:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < _HOURS else f"{seconds / 3600:.1f} h"
