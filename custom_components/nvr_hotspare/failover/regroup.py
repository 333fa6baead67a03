"""The group changes, or Home Assistant starts: what stays known and what must be learnt anew."""

from .detector import silent_since
from .evolving import replace
from .model import Connection, Group, Spare, UnitId, WorkingDevice
from .owed import only
from .placing import coverable
from .pool import forgotten
from .state import DeviceState, Pulse, SpareState, State, Wakes, with_device, with_pulse


def configured(state: State, group: Group) -> State:
    """Take over the group as the user wants it now; the first time is a start.

    A device that was removed takes its outage, and what is owed to it, with it, unannounced, and
    what the spare has of it is wanted by nobody; so does a camera. A device or spare that was
    added has a grace as after a start. A spare that was removed is no unit of the group any more
    and gets no command; the outages go on with the others.
    """
    devices = {config.unit: config for config in group.devices}
    spares = {config.unit: config for config in group.spares}
    units = dict.fromkeys((*devices, *spares))
    paced = group.timing == state.group.timing
    regrouped = replace(
        state,
        configured=True,
        group=group,
        pulses={unit: _pulse(state, unit, device=unit in devices) for unit in units},
        devices={unit: _device(state, config) for unit, config in devices.items()},
        spares={unit: _spare(state, config) for unit, config in spares.items()},
        wakes=Wakes({unit: at for unit, at in state.wakes.items() if paced and unit in units}),
    )
    if not state.configured:
        return started(regrouped)
    same = group.spares == state.group.spares
    return replace(regrouped, spares=state.spares) if same else regrouped


def _device(state: State, config: WorkingDevice) -> DeviceState:
    """Return what stays known of a device."""
    known = state.devices.get(config.unit)
    if known is None:
        return DeviceState(config=config, since=state.now, told=state.now)
    if state.configured and known.config == config:
        return known
    device = replace(known, config=config)
    if outage := device.outage:
        wanted = {camera for _, camera in coverable(device)}
        kept = tuple(camera for camera in outage.alongside if camera in wanted)
        device = replace(device, outage=replace(outage, alongside=kept))
    if state.configured and config.covers_no_record is not known.config.covers_no_record:
        device = replace(device, unrecorded=())
    return replace(device, owed=only(device.owed, device.cameras))


def _spare(state: State, config: Spare) -> SpareState:
    """Return what stays known of a spare."""
    known = state.spares.get(config.unit)
    if known is None:
        return SpareState(config=config)
    return known if known.config == config else replace(known, config=config)


def _pulse(state: State, unit: UnitId, *, device: bool) -> Pulse:
    """Return a unit's signs of life; what was only a spare until now is listened to anew."""
    known = state.pulses.get(unit)
    if known is None or (device and unit not in state.devices):
        return Pulse(since=state.now)
    return known


def started(state: State) -> State:
    """Begin to listen: nothing that was seen or asked before counts.

    A unit that was offline stays so until it is heard; one that was online has a grace, but how
    long it was silent already is not forgotten. A device that was back goes on being given back to,
    from the beginning, since nobody saw what it did.
    """
    now = state.now
    for unit, pulse in state.pulses.items():
        fresh = Pulse(since=pulse.since, heard=pulse.heard, connection=Connection.OFFLINE)
        if pulse.connection is Connection.ONLINE:
            silent = silent_since(pulse)
            fresh = Pulse(
                since=now,
                before=None if silent is None else min(silent, now),  # a clock may have been set
                excused=pulse.excused,
                maintained=pulse.maintained,
            )
        state = with_pulse(state, unit, fresh)
    for device in state.devices.values():
        outage = device.outage
        if outage is not None and outage.returned is not None:
            outage = replace(outage, watched_from=now, given_back={})
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
    for unit in state.spares:
        state = forgotten(state, unit)
    return replace(state, link=True, witnesses={}, isolated=False)
