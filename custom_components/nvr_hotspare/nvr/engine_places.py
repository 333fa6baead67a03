"""What our engine calls the places of a spare, and what it holds of each."""

from collections.abc import Mapping
import re

from ..failover.model import Recording
from ..recorder.model import ChannelState
from ..recorder.report import ChannelReport, EngineReport
from .model import PlaceState

_ESCAPED = re.compile(r"[^A-Za-z0-9/-]|^-")
_ESCAPE = re.compile(r"_([0-9A-F]{2})")


def channel_of(key: str) -> str:
    """Return the engine's channel, and so the folder, of a place: `DS-7608/3` is `DS-7608.3`."""
    escaped = _ESCAPED.sub(lambda match: "".join(f"_{byte:02X}" for byte in match[0].encode()), key)
    return escaped.replace("/", ".")


def key_of(channel: str) -> str:
    """Return the place whose channel this is; the reverse of `channel_of`."""
    data = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), channel.replace(".", "/"))
    return data.encode("latin-1", errors="replace").decode(errors="replace")


def places_of(report: EngineReport) -> Mapping[str, PlaceState]:
    """Return what an engine holds, by key, as it tells."""
    return {
        (key := key_of(channel)): _place_state(key, found)
        for channel, found in report.channels.items()
    }


def _place_state(key: str, found: ChannelReport) -> PlaceState:
    return PlaceState(
        key=key,
        commanded=found.recorded,
        recording=_recording(found),
        error=found.error if found.recorded else "",
        holds_footage=found.holds_footage,
        provisioned=found.has_source,
    )


def _recording(found: ChannelReport) -> Recording:
    """Only frames that are being written prove anything; a camera being connected may come."""
    if not found.recorded:
        return Recording.NO
    match found.state:
        case ChannelState.RECORDING:
            return Recording.YES
        case None | ChannelState.CONNECTING | ChannelState.WATCHING:
            return Recording.UNKNOWN
        case _:
            return Recording.NO
