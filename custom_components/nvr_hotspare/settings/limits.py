"""How many cameras a spare can record, as its limits and the group's cameras make it."""

from collections.abc import Iterable, Mapping
from math import inf
from typing import Any, Final

from ..const import CONF_CAMERA_RATE, CONF_CAPACITY, CONF_TOTAL_RATE
from ..nvr.model import Limits

MEGABIT: Final = 1_000_000


def limits_data(limits: Limits) -> dict[str, int]:
    """Return limits as a subentry keeps them."""
    return {
        CONF_CAPACITY: limits.cameras,
        CONF_CAMERA_RATE: limits.camera_rate,
        CONF_TOTAL_RATE: limits.total_rate,
    }


def limits_of(data: Mapping[str, Any]) -> Limits:
    """Read what `limits_data` wrote."""
    return Limits(
        cameras=data.get(CONF_CAPACITY, 0),
        camera_rate=data.get(CONF_CAMERA_RATE, 0),
        total_rate=data.get(CONF_TOTAL_RATE, 0),
    )


def fastest_camera(spares: Iterable[Limits]) -> float:
    """Return the bits per second that some spare takes of one camera: infinite without a limit."""
    rates = [limits.camera_rate or inf for limits in spares]
    return max(rates, default=inf)


def capacity(limits: Limits, own: Iterable[int], others: Iterable[int]) -> int:
    """Return how many of the others' cameras a spare can record at the same time, whichever.

    A limit of the total bitrate is kept by counting how many of the fastest cameras fit into what
    the spare's own leave of it: then any as many do. Slower ones may leave some of it unused; a
    promise that is kept is worth more. A camera that was never measured counts as the fastest one
    that was; those that are too fast for the spare don't count, because it never records them.

    Args:
        limits: What the spare told.
        own: Bits per second of each camera that it records as a working device; 0 for unknown.
        others: The same of each camera that it may have to record.
    """
    most = fastest_camera((limits,))
    recorded, wanted = tuple(own), tuple(rate for rate in others if rate <= most)
    fastest = max((*recorded, *wanted), default=0)
    free = limits.total_rate - sum(rate or fastest for rate in recorded)
    if not limits.total_rate:
        return limits.cameras
    for fitting, rate in enumerate(sorted((rate or fastest for rate in wanted), reverse=True)):
        free -= rate
        if free < 0:
            return min(fitting, limits.cameras)
    return limits.cameras
