"""Which services a unit has and where, as it tells; of its addresses only the paths are believed.

Units behind address translation announce hosts and ports that are theirs alone, and an address
of somebody else's would get requests meant for the unit. So every service is asked at the host
and port the user gave. (A unit that serves ONVIF on several ports is not supported.)
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from .reading import part, parts, text
from .wsdl import Service

_MAX_PATH = 512
_NAMESPACES: Final = frozenset(Service)


def paths_from_services(answer: Any) -> Mapping[Service, str]:
    """Return the services of a GetServices answer."""
    found = {}
    for entry in parts(answer):
        if (namespace := text(entry, "Namespace")) in _NAMESPACES:
            found[Service(namespace)] = path_in(text(entry, "XAddr"))
    return _usable(found)


def paths_from_capabilities(answer: Any) -> Mapping[Service, str]:
    """Return the services of a GetCapabilities answer, which older units know instead."""
    holders = {
        Service.EVENTS: part(answer, "Events"),
        Service.MEDIA: part(answer, "Media"),
        Service.RECORDING: part(answer, "Extension", "Recording"),
        Service.RECEIVER: part(answer, "Extension", "Receiver"),
        Service.SEARCH: part(answer, "Extension", "Search"),
        Service.REPLAY: part(answer, "Extension", "Replay"),
    }
    return _usable({service: path_in(text(it, "XAddr")) for service, it in holders.items()})


def path_in(address: str) -> str | None:
    """Return the path, with its query, of an address that a unit tells; None if it is none."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return None
    path = parts._replace(scheme="", netloc="", fragment="").geturl()
    usable = path.startswith("/") and not path.startswith("//") and len(path) <= _MAX_PATH
    return path if usable and path.isascii() and path.isprintable() and " " not in path else None


def _usable(paths: Mapping[Service, str | None]) -> Mapping[Service, str]:
    return {service: path for service, path in paths.items() if path}
