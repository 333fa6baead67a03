"""Who a unit is, and what it can do: asked, never assumed."""

from collections.abc import Sequence
import re
from typing import Any

from ..errors import UnitProtocolError, UnitRequestError, UnitUnsupportedError
from ..model import Capability, Identity, Limits, Probe
from ..untrusted import printable
from .client import OnvifClient
from .inventory import Inventory, take_inventory
from .limits import ask_limits
from .reading import parts, text
from .wsdl import Service

_NO_SERIAL = re.compile(r"[0\W_]*|none|null|n/?a|unknown|default", re.IGNORECASE)
_MAC = re.compile(r"(?:[0-9a-f]{2}[:-]?){5}[0-9a-f]{2}", re.IGNORECASE)


async def identify(client: OnvifClient) -> Identity:
    """Ask who the unit is; proves the credentials.

    Raises:
        UnitProtocolError: It has neither serial number nor MAC address nor hardware id.
        UnitError: As `OnvifClient.call`.
    """
    told = await client.call(Service.DEVICE, "GetDeviceInformation")
    mac = next(iter(await mac_addresses(client)), None)
    serial = printable(text(told, "SerialNumber"))
    if _NO_SERIAL.fullmatch(serial):
        serial = mac or printable(text(told, "HardwareId"))
    if not serial:
        raise UnitProtocolError("It does not say who it is: no serial number, no MAC address")
    return Identity(
        manufacturer=printable(text(told, "Manufacturer")),
        model=printable(text(told, "Model")),
        firmware=printable(text(told, "FirmwareVersion")),
        serial=serial,
        mac=mac,
    )


async def mac_addresses(client: OnvifClient) -> Sequence[str]:
    """Return the unit's MAC addresses as "00:11:22:33:44:55"; none where it does not tell."""
    found = []
    for interface in await _interfaces(client):
        told = text(interface, "Info", "HwAddress").strip()
        if _MAC.fullmatch(told):
            digits = re.sub("[:-]", "", told.lower())
            found.append(":".join(re.findall("..", digits)))
    return [mac for mac in found if mac != "00:00:00:00:00:00"]


async def ip_addresses(client: OnvifClient) -> Sequence[str]:
    """Return the unit's addresses as it sees them itself; none where it does not tell."""
    return [
        address
        for interface in await _interfaces(client)
        for version in ("IPv4", "IPv6")
        for origin in ("Manual", "LinkLocal", "FromDHCP", "FromRA")
        for entry in parts(interface, version, "Config", origin)
        if (address := text(entry, "Address"))
    ]


async def _interfaces(client: OnvifClient) -> Sequence[Any]:
    try:
        return parts(await client.call(Service.DEVICE, "GetNetworkInterfaces"))
    except UnitUnsupportedError, UnitRequestError, UnitProtocolError:
        return ()  # nobody depends on it


async def probe(client: OnvifClient) -> Probe:
    """Find out all that the unit can do.

    Raises:
        UnitError: As `identify`.
    """
    identity = await identify(client)
    services = await client.services(anew=True)
    capabilities = {Capability.RESTART}
    if Service.RECORDING in services or Service.MEDIA in services:
        capabilities.add(Capability.SETTINGS)
    if Service.SEARCH in services and Service.REPLAY in services:
        capabilities.add(Capability.FOOTAGE)
    if Service.EVENTS in services:
        capabilities.add(Capability.EVENTS)
    inventory = await _inventory(client)
    limits = await ask_limits(client, inventory) if inventory else None
    if inventory:
        capabilities.add(Capability.RECORDING_STATE)
    if limits:
        capabilities.add(Capability.SPARE)
    return Probe(
        identity=identity,
        capabilities=frozenset(capabilities),
        limits=limits or Limits(),
        own_recordings=sum(job.active for job in inventory.split_jobs()[1]) if inventory else 0,
    )


async def _inventory(client: OnvifClient) -> Inventory | None:
    try:
        return await take_inventory(client)
    except UnitUnsupportedError, UnitRequestError:
        return None
