"""How a camera that we added is known again: by the end of the name of its channel.

Names are short (32 bytes), serial numbers of recorders are long, so the name holds a digest of the
place's key; what keys there are the driver is told. It also says since when the camera is on its
channel: footage from before is of another one.
"""

import base64
from dataclasses import dataclass
import hashlib
import re
from typing import Final, Self

_LONGEST: Final = 32
"""Bytes of a name that every recorder keeps."""
_PATTERN: Final = re.compile(r"~([a-z2-7]{10})\.([0-9a-z]{1,7})$", re.ASCII)
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_DIGEST: Final = 10


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose camera it is."""

    digest: str
    """Of the key of the `Place`."""
    since: int
    """Seconds since 1970 UTC."""

    @property
    def key(self) -> str:
        """A name for the place while its key is not known; no place of a group has such a key."""
        return f"~{self.digest}"

    def name(self, camera: str) -> str:
        """Return the name of the channel of a camera: as much of its own as fits."""
        end = f"~{self.digest}.{_base36(self.since)}"
        room = _LONGEST - len(end) - 1
        own = camera.encode()[:room].decode(errors="ignore").strip()
        return f"{own} {end}".strip()

    @classmethod
    def read(cls, name: str) -> Self | None:
        """Return what the name of a channel says, None if we did not give it."""
        match = _PATTERN.search(name.strip())
        return cls(match[1], int(match[2], 36)) if match else None


def digest_of(key: str) -> str:
    """Return the digest of a place's key."""
    hashed = hashlib.sha256(key.encode()).digest()
    return base64.b32encode(hashed).decode().lower()[:_DIGEST]


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, len(_DIGITS))
        digits = _DIGITS[rest] + digits
    return digits or "0"
