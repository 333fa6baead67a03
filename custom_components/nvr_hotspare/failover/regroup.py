"""The group changes, or Home Assistant starts: what stays known and what must be learnt anew."""

from dataclasses import replace

from .model import Connection, Group, UnitId, WorkingDevice
from .outage import with_device
from .owed import only
from .pool import forgotten
from .state import DeviceState, Pulse, SpareState, State


def configured(state: State, group: Group) -> State:
    """Take over the group as the user wants it now; the first time is a start.

    A device that was removed takes its outage, and what is owed to it, with it, unannounced, and
    what the spare has of it is wanted by nobody; so does a camera. A device or spare that was
    added has a grace as after a start. A spare that was exchanged is no unit of the group any
    more and gets no command; the outages go on with the new one.
    """
    devices = {config.unit: config for config in group.devices}
    units = [*devices, *([group.spare.unit] if group.spare else [])]
    before = state.group.spare
    exchanged = state.configured and (before and before.unit) != (group.spare and group.spare.unit)
    regrouped = replace(
        state,
        configured=True,
        group=group,
        pulses={unit: _pulse(state, unit, spare=unit not in devices) for unit in units},
        devices={unit: _device(state, config) for unit, config in devices.items()},
        spare=SpareState(held=state.spare.held) if exchanged else state.spare,
    )
    return regrouped if state.configured else started(regrouped)


def _device(state: State, config: WorkingDevice) -> DeviceState:
    """Return what stays known of a device."""
    new = DeviceState(config=config, since=state.now, told=state.now)
    known = state.devices.get(config.unit, new)
    device = replace(known, config=config)
    return replace(device, owed=only(device.owed, device.cameras))


def _pulse(state: State, unit: UnitId, *, spare: bool) -> Pulse:
    """Return a unit's signs of life; what was a spare until now is listened to anew."""
    known = state.pulses.get(unit)
    if known is None or not (spare or unit in state.devices):
        return Pulse(since=state.now)
    return known


def started(state: State) -> State:
    """Begin to listen: nothing that was seen or asked before counts.

    A unit that was offline stays so until it is heard; one that was online has a grace. A device
    that was back goes on being given back to, from the beginning, since nobody saw what it did.
    """
    now = state.now
    for unit, pulse in state.pulses.items():
        fresh = Pulse(since=pulse.since, heard=pulse.heard, connection=Connection.OFFLINE)
        if pulse.connection is Connection.ONLINE:
            fresh = Pulse(since=now)
        state = replace(state, pulses={**state.pulses, unit: fresh})
    for device in state.devices.values():
        outage = device.outage
        if outage is not None and outage.returned is not None:
            outage = replace(outage, watched_from=now, beats=0, given_back={})
        state = with_device(
            state,
            replace(
                device,
                told=now,
                recordings=None,
                recorded_since={},
                missing_since={},
                outage=outage,
                delivery=None,
                setback=None,
            ),
        )
    return forgotten(state)
