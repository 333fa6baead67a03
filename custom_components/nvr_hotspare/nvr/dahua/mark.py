"""How a camera that we added is known again: by the name it has in the recorder's table.

People see the channel's title instead. The name also says since when the camera is on its channel:
footage from before is of another one, because footage stays with the channel.
"""

from dataclasses import dataclass
import re
from typing import Final, Self
from urllib.parse import quote, unquote

from ..errors import UnitRequestError

_OURS: Final = "hotspare:"
_PATTERN: Final = re.compile(r"hotspare:([0-9a-f]{1,10}):(\S{1,200})", re.ASCII)
_LONGEST: Final = 127
"""Characters that recorders keep of a name."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose camera it is."""

    key: str
    """Of the `Place`."""
    since: int
    """Seconds since 1970 UTC."""

    @property
    def text(self) -> str:
        """The name.

        Raises:
            UnitRequestError: The recorder would not keep it whole.
        """
        text = f"{_OURS}{self.since:x}:{quote(self.key, safe='')}"
        if len(text) > _LONGEST:
            raise UnitRequestError("The name of this camera is too long for this recorder")
        return text

    @classmethod
    def read(cls, name: str) -> Self | None:
        """Return what a name says, None if we did not give it."""
        match = _PATTERN.fullmatch(name)
        return cls(unquote(match[2]), int(match[1], 16)) if match else None
