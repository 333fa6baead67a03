"""Takes out of what is told to strangers who a unit is and where: serial, title, addresses."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
import re
from typing import Any, Final
from urllib.parse import urlsplit

from .failover.model import Camera, UnitId
from .nvr.builtin import channel_of
from .settings.engine import EngineConfig
from .settings.unit import NetworkConfig, UnitConfig, place_key

ADDRESS: Final = "<address>"
REMOVED: Final = "a removed unit"


class Anonymous:
    """Replaces the names of a group's units by their numbers, and addresses by a word.

    Both in whole and inside of sentences, such as an error that names a host.
    """

    def __init__(self, units: Iterable[UnitConfig], removed: Mapping[UnitId, str]) -> None:
        """Know the group's units, in their order, and the titles of those that it had."""
        self._names = dict.fromkeys((*removed, *removed.values()), REMOVED)
        for number, config in enumerate(units, start=1):
            called = (config.unit, channel_of(config.unit), config.title)
            self._names |= dict.fromkeys(called, f"unit {number}")
            self._names |= dict.fromkeys(filter(None, _addresses(config)), ADDRESS)
        longest_first = sorted(self._names, key=len, reverse=True)
        found = "|".join(map(re.escape, longest_first))
        self._pattern = re.compile(rf"(?<!\w)(?:{found})(?!\w)")

    def __call__(self, value: Any) -> Any:
        """Return a copy of plain data, of dataclasses and cameras too, as JSON can hold it."""
        match value:
            case Enum():
                return value.value
            case Camera():
                return self(place_key(value))
            case Mapping():
                return {str(self(key)): self(item) for key, item in value.items()}
            case tuple() | list() | set() | frozenset():
                return [self(item) for item in value]
            case _ if is_dataclass(value):
                return {it.name: self(getattr(value, it.name)) for it in fields(value)}
            case _:
                return self._sentence(value) if isinstance(value, str) else value

    def _sentence(self, text: str) -> str:
        return self._pattern.sub(lambda match: self._names[match[0]], text)


def _addresses(config: UnitConfig) -> Iterator[str | None]:
    """Yield where a unit and its cameras are, as far as it is known."""
    if isinstance(config.way, NetworkConfig | EngineConfig):
        yield config.way.endpoint.host
    yield config.identity.mac
    for channel in config.channels:
        if channel.source:
            yield urlsplit(channel.source.uri).hostname
