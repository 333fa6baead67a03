"""Who a recorder is, and what it can do."""

from collections.abc import Sequence
import re
from typing import Final

from ..errors import UnitProtocolError, UnitRequestError, UnitUnsupportedError
from ..model import Capability, Identity, Limits, Probe
from ..untrusted import printable
from .client import DahuaClient
from .devices import Device
from .table import Table

_MAC: Final = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_NOTHING: Final = {"", "00:00:00:00:00:00"}
_REFUSALS: Final = (UnitRequestError, UnitUnsupportedError, UnitProtocolError)


async def identify(client: DahuaClient) -> Identity:
    """Ask who the recorder is; proves the credentials.

    Raises:
        UnitProtocolError: It has neither a serial number nor a MAC address.
        UnitError: As `DahuaClient.table`.
    """
    told = await client.table("magicBox", "getSystemInfo")
    model = (await _box(client, "getDeviceType")).get("type") or told.get("updateSerial", "")
    version = (await _box(client, "getSoftwareVersion")).get("version", "")
    vendor = (await _box(client, "getVendor")).get("vendor", "")
    mac = await _mac(client)
    serial = printable(told.get("serialNumber")) or mac or ""
    if not serial:
        raise UnitProtocolError("It does not say who it is: no serial number, no MAC address")
    return Identity(
        manufacturer=printable(vendor) or "Dahua",
        model=printable(model),
        firmware=printable(version.partition(",build")[0]),
        serial=serial,
        mac=mac,
    )


def probe(
    identity: Identity, devices: Sequence[Device], recorded: int, *, finds: bool, counts_all: bool
) -> Probe:
    """Return all that is known of a recorder.

    Args:
        identity: Who it is.
        devices: Its channels.
        recorded: How many channels it records that we did not ask for.
        finds: Whether it tells of its footage.
        counts_all: Whether a channel without an entry is one for a camera on the network.
    """
    room = sum(is_free(it, counts_all=counts_all) or it.mark is not None for it in devices)
    can = {Capability.RESTART, Capability.SETTINGS, Capability.RECORDING_STATE, Capability.EVENTS}
    if finds:
        can.add(Capability.FOOTAGE)
    if room:
        can.add(Capability.SPARE)
    return Probe(
        identity=identity,
        capabilities=frozenset(can),
        limits=Limits(cameras=room),
        own_recordings=recorded,
    )


def is_free(device: Device, *, counts_all: bool) -> bool:
    """Whether a camera may be put onto a channel: nobody's is there, not even a disabled one."""
    return not device.is_used and (device.listed or counts_all)


async def is_nvr(client: DahuaClient) -> bool:
    """Whether all channels are for cameras on the network; those of others have analog ones, too.

    Raises:
        UnitError: As `DahuaClient.table`.
    """
    return (await _box(client, "getDeviceClass")).get("class", "").upper() == "NVR"


async def _box(client: DahuaClient, action: str) -> Table:
    """Ask magicBox for something that nobody depends on."""
    try:
        return await client.table("magicBox", action)
    except _REFUSALS:
        return {}


async def _mac(client: DahuaClient) -> str | None:
    try:
        told = await client.config("Network")
    except _REFUSALS:
        return None
    found = (value.lower() for key, value in told.items() if key.endswith(".PhysicalAddress"))
    return next((it for it in found if _MAC.fullmatch(it) and it not in _NOTHING), None)
