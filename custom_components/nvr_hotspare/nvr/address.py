"""Addresses as people enter them: a name or IP address, with a port, or as a browser shows it."""

from dataclasses import dataclass
from ipaddress import ip_address
import re
from typing import Final, Self
from urllib.parse import urlsplit

_LABEL: Final = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*\.?", re.IGNORECASE)
_SCHEMES: Final = {"http": False, "https": True}
_PORTS: Final = {False: 80, True: 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What an address says; None where it says nothing of it."""

    host: str
    port: int | None = None
    https: bool | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        """Take an address apart; a path in it says nothing.

        Raises:
            ValueError: It is none.
        """
        text = text.strip()
        bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
        if _is_ip_address(bare):
            return cls(host=bare)
        scheme, separator, rest = text.rpartition("://")
        if separator and scheme.lower() not in _SCHEMES:
            raise ValueError(text)
        parts = urlsplit(f"//{rest}")
        host = parts.hostname or ""
        if parts.username is not None or not is_host(host):
            raise ValueError(text)
        return cls(host=host, port=parts.port, https=_SCHEMES.get(scheme.lower()))


def usual_port(*, https: bool) -> int:
    """Return the port of a web server that nobody told otherwise."""
    return _PORTS[https]


def is_host(text: str) -> bool:
    """Tell whether a text can be the name or the address of a host."""
    if _is_ip_address(text):
        return True
    last = text.rstrip(".").rpartition(".")[2]
    return _HOST_NAME.fullmatch(text) is not None and not last.isdecimal()


def _is_ip_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
