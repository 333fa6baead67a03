"""Which engine has which device in charge while the manager is away.

A device is in the charge of one engine at most, so that no two record the same camera by their
own decision: in an outage of the one that stands in for it alone, else of the one that the manager
would give all its cameras to. What several spares share nobody has in charge, nor what no engine
has room for as a whole.
"""

from collections.abc import Collection, Mapping

from .model import UnitId
from .placing import coverable
from .state import DeviceState, State, uses


def charges(state: State, engines: Collection[UnitId]) -> Mapping[UnitId, UnitId]:
    """Return the engine of each device that is in any's charge, among those that can decide."""
    chosen = ((unit, _engine(state, device, engines)) for unit, device in state.devices.items())
    return {unit: engine for unit, engine in chosen if engine is not None}


def _engine(state: State, device: DeviceState, engines: Collection[UnitId]) -> UnitId | None:
    cameras = [camera for _, camera in coverable(device)]
    if not cameras:
        return None
    busy = {
        unit
        for unit, spare in state.spares.items()
        if any(camera in spare.holding or uses(spare, camera) for camera in cameras)
    }
    if busy:
        return busy.pop() if len(busy) == 1 and busy <= set(engines) else None
    homes = {
        unit for unit, at_home in state.plan.homes.items() if any(c in at_home for c in cameras)
    }
    roomy = [
        unit
        for unit, spare in state.spares.items()
        if unit in engines and unit != device.config.unit and spare.config.capacity >= len(cameras)
    ]
    at_home = [unit for unit in roomy if homes == {unit}]
    return next(iter((*at_home, *roomy)), None)
