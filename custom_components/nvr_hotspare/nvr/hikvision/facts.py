"""Who a recorder is, and what it can do."""

import re
from typing import Final

from lxml.etree import _Element as Element

from ..errors import UnitProtocolError
from ..model import Capability, Identity, Limits, Probe
from ..untrusted import local_name, number, printable, text_of
from .client import IsapiClient

_DEVICE: Final = "System/deviceInfo"
_CAPABILITIES: Final = "System/capabilities"
_MAC: Final = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_NO_MAC: Final = "00:00:00:00:00:00"
_MOST: Final = 256


async def identify(client: IsapiClient) -> Identity:
    """Ask who the recorder is; proves the credentials.

    Raises:
        UnitProtocolError: It has neither a serial number nor a MAC address.
        UnitError: As `IsapiClient.get`.
    """
    told = await client.get(_DEVICE)
    address = text_of(told, "macAddress").lower().replace("-", ":")
    mac = address if _MAC.fullmatch(address) and address != _NO_MAC else None
    serial = printable(text_of(told, "serialNumber")) or mac or ""
    if not serial:
        raise UnitProtocolError("It does not say who it is: no serial number, no MAC address")
    release = printable(text_of(told, "firmwareReleasedDate"))
    return Identity(
        manufacturer=printable(text_of(told, "manufacturer")) or "Hikvision",
        model=printable(text_of(told, "model")),
        firmware=" ".join(filter(None, (printable(text_of(told, "firmwareVersion")), release))),
        serial=serial,
        mac=mac,
    )


class Abilities:
    """What a recorder says of itself that rarely changes."""

    def __init__(self, told: Element) -> None:
        self._told = told

    @classmethod
    async def ask(cls, client: IsapiClient) -> Abilities:
        """Ask for them; raises as `IsapiClient.get`."""
        return cls(await client.get(_CAPABILITIES))

    @property
    def cameras(self) -> int:
        """How many channels it has for cameras on the network; 0 where it does not tell."""
        return min(number(self._text("inputProxyNums")), _MOST)

    @property
    def own_spare(self) -> bool:
        """Whether it can be a hot spare, or have one, by its make's own function."""
        return self._text("isSupportSpare").lower() == "true"

    def _text(self, name: str) -> str:
        found = (it.text or "" for it in self._told.iter() if local_name(it) == name)
        return next(found, "").strip()


def probe(
    identity: Identity, abilities: Abilities, *, room: int, recorded: int, finds: bool
) -> Probe:
    """Return all that is known of a recorder.

    Args:
        identity: Who it is.
        abilities: What it says of itself.
        room: Channels that are free, or ours.
        recorded: How many channels it records that we did not ask for.
        finds: Whether it tells of its footage.
    """
    can = {Capability.RESTART, Capability.SETTINGS, Capability.RECORDING_STATE, Capability.EVENTS}
    if finds:
        can.add(Capability.FOOTAGE)
    if abilities.cameras:
        can.add(Capability.SPARE)
    if abilities.own_spare:
        can.add(Capability.OWN_SPARE)
    return Probe(
        identity=identity,
        capabilities=frozenset(can),
        limits=Limits(cameras=room),
        own_recordings=recorded,
    )
