"""The default gateway of Home Assistant's host, as the kernel of Linux tells it.

Only one beyond hardware of the host counts: in a container with a network of its own the gateway is
the host, and would answer though every cable is out.
"""

from ipaddress import IPv4Address
from pathlib import Path
import sys
from typing import Final

from .host_link import INTERFACES

ROUTES: Final = Path("/proc/net/route")
_UP_TO_GATEWAY: Final = 0x3
"""The route is up, and goes through a gateway (flags of <linux/route.h>)."""
_INTERFACE, _DESTINATION, _GATEWAY, _FLAGS, _METRIC, _MASK = 0, 1, 2, 3, 6, 7
_ALL: Final = "00000000"


def default_gateway(routes: Path = ROUTES, interfaces: Path = INTERFACES) -> str:
    """Return its IPv4 address, empty where there is none or it can't be known. Reads files."""
    try:
        lines = routes.read_text().splitlines()[1:]
        found = [
            (int(fields[_METRIC]), _address(fields[_GATEWAY]))
            for fields in map(str.split, lines)
            if fields[_DESTINATION] == fields[_MASK] == _ALL
            and int(fields[_FLAGS], 16) & _UP_TO_GATEWAY == _UP_TO_GATEWAY
            and _is_hardware(interfaces / fields[_INTERFACE])
        ]
    except OSError, ValueError, IndexError:
        return ""
    return min(found)[1] if found else ""


def _address(told: str) -> str:
    """Read an address as the kernel writes it: the number that its bytes are in memory."""
    return str(IPv4Address(int(told, 16).to_bytes(4, sys.byteorder)))


def _is_hardware(interface: Path) -> bool:
    """Tell whether an interface is hardware, or stands on some: a bridge, a VLAN, a bond."""
    below = interface.glob("lower_*")
    return (interface / "device").exists() or any(_is_hardware(lower) for lower in below)
