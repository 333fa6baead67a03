"""From where a camera is watched live: the rule, and nothing else."""

from collections.abc import Collection, Mapping
from enum import StrEnum

from ..recorder.model import Source
from ..settings.unit import ChannelConfig, UnitConfig


class LiveFrom(StrEnum):
    """Who sends what is watched; these values are public API."""

    NVR = "nvr"
    SPARE = "spare"
    CAMERA = "camera"
    """The camera itself."""


def choose(
    offers: Mapping[LiveFrom, Source],
    *,
    backed_up: bool,
    now: LiveFrom | None,
    failed: Collection[LiveFrom] = (),
) -> LiveFrom | None:
    """Return from where a camera is to be watched; None where it is not to be had at all.

    The NVR shows it, but while a spare records it in the NVR's place: then the spare shows it, or
    the camera itself, whichever was first. What has failed lately is chosen only if all else has.

    Args:
        offers: Who could show it. A recorder that is offline can't.
        backed_up: Whether a spare records the camera.
        now: From where it is watched.
        failed: Whose stream broke off a moment ago.
    """
    stand_ins = sorted((LiveFrom.SPARE, LiveFrom.CAMERA), key=lambda it: it is not now)
    order = [*stand_ins, LiveFrom.NVR] if backed_up else [LiveFrom.NVR, *stand_ins]
    there = [it for it in order if it in offers]
    return next((it for it in there if it not in failed), there[0] if there else None)


def live_view_id(config: UnitConfig, channel: ChannelConfig) -> str:
    """Return the unique id of a channel's camera."""
    return f"{config.unit}_live_{channel.number}"
