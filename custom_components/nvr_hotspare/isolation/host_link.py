"""Whether Home Assistant's host has a network link at all, as the kernel of Linux tells it.

Interfaces of hardware count where there are any: a bridge for containers is up while the only
cable is out. Elsewhere (a container of its own, whose interfaces are all virtual) all count.
"""

from pathlib import Path
from typing import Final

INTERFACES: Final = Path("/sys/class/net")
_LOOPBACK: Final = "lo"
_LINKED: Final = {"up", "unknown"}
"""Operational states (RFC 2863) of an interface that has a link; some drivers don't tell."""


def host_link(interfaces: Path = INTERFACES) -> bool | None:
    """Tell whether any interface has a link; None where that can't be known. Reads files."""
    try:
        found = [it for it in interfaces.iterdir() if it.name != _LOOPBACK]
        real = [it for it in found if (it / "device").exists()] or found
        states = [(it / "operstate").read_text().strip() for it in real]
    except OSError:
        return None
    return any(state in _LINKED for state in states) if states else None
