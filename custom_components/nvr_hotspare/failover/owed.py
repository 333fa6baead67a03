"""What is owed to a device: windows of time in which a spare recorded what it may lack.

Windows are kept apart: those that touch become one, so that no footage is given back twice at
once. And they are few, whatever a flapping device does: beyond the limit the two oldest become
one, which covers the time between them too. Nothing is lost by that; what the device has of a
window is not given back again anyway.
"""

from collections.abc import Container, Iterable

from .evolving import replace
from .model import Camera, Window
from .state import Owed

LIMIT = 16
"""Windows that are owed to one device at most."""


def owe(owed: Iterable[Owed], new: Owed) -> tuple[Owed, ...]:
    """Add a window to those that are owed already."""
    apart: list[Owed] = []
    for known in owed:
        if known.window.end < new.window.start or new.window.end < known.window.start:
            apart.append(known)
        else:
            new = _joined(known, new)
    everything = sorted((*apart, new), key=lambda item: item.window.start)
    if len(everything) > LIMIT:
        first, second, *others = everything
        everything = [_joined(first, second), *others]
    return tuple(everything)


def _joined(one: Owed, other: Owed) -> Owed:
    """Return what covers two windows, told of as the older outage."""
    a, b = one.window, other.window
    older = one if a.outage <= b.outage else other
    window = Window(
        outage=older.window.outage,
        start=min(a.start, b.start),
        end=max(a.end, b.end),
        cameras=tuple(sorted({*a.cameras, *b.cameras})),
        spares=tuple(dict.fromkeys((*a.spares, *b.spares))),
    )
    return Owed(window=window, report=older.report, outages=one.outages + other.outages)


def only(owed: Iterable[Owed], cameras: Container[Camera]) -> tuple[Owed, ...]:
    """Return what is owed of some cameras."""
    narrowed = [
        replace(item, window=replace(item.window, cameras=kept))
        for item in owed
        if (kept := tuple(camera for camera in item.window.cameras if camera in cameras))
    ]
    return tuple(narrowed)
