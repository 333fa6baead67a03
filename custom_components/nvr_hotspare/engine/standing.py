"""Standing orders: all that an engine must know to protect its charge without the manager.

They are sent at every transition, so that the engine's deputy goes on from where the manager was.
They hold passwords. In memory `repr` hides them; as plain data they are as readable as in any
message to an engine, so whoever writes them to a disk encrypts them first (see `vault`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from ..failover.events import Planned
from ..failover.model import Camera, Group, Spare, Timing, UnitId, WorkingDevice
from ..nvr.model import Credentials, Driver, Endpoint, Place
from ..recorder.plain import Plain, dump, load

SILENCE = 15.0
"""Seconds of the manager's silence after which an engine decides, if nothing else is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraOrders:
    """One camera of a working device, and what this engine needs to record it."""

    channel: int
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceOrders:
    """A working device in an engine's charge, and the way to it."""

    title: str
    """What people call it."""
    device: WorkingDevice
    endpoint: Endpoint
    credentials: Credentials
    driver: Driver = Driver.ONVIF
    numbers: Mapping[str, int] = field(default_factory=dict)
    """The numbers that its channels are known by, by the unit's own tokens."""
    cameras: tuple[CameraOrders, ...]
    """Those that can be reached without the device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessOrders:
    """What is no unit and is asked whether it is the engine itself that is cut off."""

    name: str
    host: str
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingOrders:
    """What one engine has in charge while the manager is away, and how it is to decide."""

    seq: int
    """Grows with every transition of the manager."""
    spare: Spare
    """The engine itself: the only spare that it may command."""
    devices: tuple[DeviceOrders, ...] = ()
    """No device is in the charge of two engines, so that none is recorded twice."""
    timing: Timing = field(default_factory=Timing)
    silence: float = SILENCE
    """Seconds of silence after which the manager is taken for gone."""
    witnesses: tuple[WitnessOrders, ...] = ()
    planned: tuple[Planned, ...] = ()
    """The silences that are excused: they are not in the journal."""
    journal: Mapping[str, Plain] = field(default_factory=dict)
    """The manager's, as far as it is about these devices and this engine."""

    def __post_init__(self) -> None:
        """Refuse what no manager sends: one device twice, or a limit that is none."""
        units = [orders.device.unit for orders in self.devices]
        if len(set(units)) < len(units):
            raise ValueError("A device is named twice.")
        if not 0 < self.silence <= 3600:  # noqa: PLR2004 (an hour is more than anybody wants)
            raise ValueError("The limit of silence is not between 0 and 3600 seconds.")

    @property
    def group(self) -> Group:
        """The group as this engine has to protect it."""
        devices = tuple(orders.device for orders in self.devices)
        return Group(devices=devices, spares=(self.spare,), timing=self.timing)

    @property
    def places(self) -> Mapping[Camera, Place]:
        """What the engine needs to record each camera in its charge."""
        return {
            Camera(orders.device.unit, camera.channel): camera.place
            for orders in self.devices
            for camera in orders.cameras
        }

    @property
    def ways(self) -> Mapping[UnitId, DeviceOrders]:
        """The way to each device in its charge."""
        return {orders.device.unit: orders for orders in self.devices}


def as_plain(orders: StandingOrders) -> dict[str, Plain]:
    """Return standing orders as JSON has them, passwords included."""
    return cast("dict[str, Plain]", dump(orders))


def from_plain(data: Mapping[str, Plain]) -> StandingOrders:
    """Return the standing orders that `as_plain` wrote, here or in a neighbouring version.

    Raises:
        PlainError: They make no sense; the text holds nothing of them.
    """
    return load(StandingOrders, dict(data))
