"""What came of a step: of which units another thing is known, and what follows for the manager."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from itertools import compress
from operator import attrgetter, is_not

from custom_components.nvr_hotspare.failover.detector import suspect
from custom_components.nvr_hotspare.failover.model import UnitId
from custom_components.nvr_hotspare.failover.state import DeviceState, Pulse, State


def changes(before: State, after: State) -> list[UnitId]:
    """Return the units of which another thing is known than when they were last heard."""
    found: dict[UnitId, None] = {}
    same = before.group is after.group
    if before.pulses is not after.pulses:
        for unit in _replaced(before.pulses, after.pulses, same=same):
            known, pulse = before.pulses.get(unit), after.pulses[unit]
            if (
                known is None
                or known.unanswered != pulse.unanswered
                or _PULSE(known) != _PULSE(pulse)
            ):
                found[unit] = None
    if before.devices is not after.devices:
        for unit in _replaced(before.devices, after.devices, same=same):
            device, old = after.devices[unit], before.devices.get(unit)
            if old is None or _DEVICE(old) != _DEVICE(device) or _windows(old) != _windows(device):
                found[unit] = None
    if before.spares is not after.spares:
        for unit in _replaced(before.spares, after.spares, same=same):
            if before.spares.get(unit) != after.spares[unit]:
                found[unit] = None
    return list(found)


def only_more_suspect(before: State, after: State, unit: UnitId) -> bool:
    """Tell whether all that is new of a unit is that another probe was unanswered."""
    old, new = before.pulses.get(unit), after.pulses[unit]
    return (
        old is not None
        and suspect(old)
        and suspect(new)
        and old.silence is new.silence
        and after.devices.get(unit) is before.devices.get(unit)
        and after.spares.get(unit) is before.spares.get(unit)
    )


def returning(device: DeviceState | None) -> bool:
    """Tell whether a device is back, and not yet done with its outage."""
    outage = device.outage if device else None
    return outage is not None and outage.returned is not None


def _all_but(kind: type[Pulse | DeviceState], *names: str) -> attrgetter[tuple[object, ...]]:
    return attrgetter(*(each.name for each in fields(kind) if each.name not in names))


_PULSE = _all_but(Pulse, "since", "beats", "asked")
_DEVICE = _all_but(DeviceState, "told", "delivery")


def _windows(device: DeviceState) -> object:
    """Return what the courier is to deliver, and whether it does."""
    delivery = device.delivery
    return delivery and (delivery.windows, delivery.flowing)


def _replaced[Known](
    before: Mapping[UnitId, Known], after: Mapping[UnitId, Known], *, same: bool
) -> Iterable[UnitId]:
    """Return the units of which what is known is not the same object any more.

    Where it is not the `same` group all units may be others.
    """
    if not same and before.keys() != after.keys():
        return after
    return compress(after, map(is_not, after.values(), before.values(), strict=True))
