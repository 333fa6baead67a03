"""How a piece of footage is named in media identifiers and in the paths of views."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Self
from urllib.parse import quote, unquote

from ..failover.model import Camera, UnitId

_LONGEST: Final = 1024
"""Characters of an identifier."""
_FIRST: Final = date(1971, 1, 1)
_LAST: Final = date(2261, 12, 31)
_END: Final = 1 << 63
"""In the year 2262."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FootageId:
    """A group, a unit of it, a camera, a day, a scene: as far as the later ones are given.

    Raises:
        ValueError: One is missing that a later one belongs to.
    """

    group: str
    """The entry's id."""
    unit: UnitId | None = None
    channel: int | None = None
    day: date | None = None
    start: int | None = None
    """When the scene begins: nanoseconds since 1970 UTC."""

    def __post_init__(self) -> None:
        given = [part is not None for part in (self.unit, self.channel, self.day, self.start)]
        if given != sorted(given, reverse=True):
            raise ValueError("A part of the identifier is missing.")
        if self.day is not None and not _FIRST <= self.day <= _LAST:
            raise ValueError("There is no footage of such a day.")
        if self.start is not None and not 0 < self.start < _END:
            raise ValueError("There is no footage of such a time.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote.

        Raises:
            ValueError: It is something else.
        """
        group, *parts = text.split("/")
        if not group or len(text) > _LONGEST or len(parts) > 4:  # noqa: PLR2004 (after the group)
            raise ValueError("It names no footage.")
        named: list[str | None] = [*parts, None, None, None, None]
        unit, channel, day, start = named[:4]
        found = cls(
            group=group,
            unit=None if unit is None else unquote(unit),
            channel=None if channel is None else int(channel),
            day=None if day is None else date.fromisoformat(day),
            start=None if start is None else int(start),
        )
        if str(found) != text:  # numbers, days and quotes can be written in other ways
            raise ValueError("It names no footage.")
        return found

    def __str__(self) -> str:
        """Return it as text that `parse` reads; no part holds a slash."""
        unit = None if self.unit is None else quote(self.unit, safe="")
        parts = (self.group, unit, self.channel, self.day, self.start)
        return "/".join(str(part) for part in parts if part is not None)

    @property
    def camera(self) -> Camera | None:
        """The camera, if one is given."""
        if self.unit is None or self.channel is None:
            return None
        return Camera(self.unit, self.channel)
