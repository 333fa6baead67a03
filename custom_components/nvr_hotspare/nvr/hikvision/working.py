"""What `workingstatus` tells: which channels are recorded and how the disks are.

Firmwares wrap its lists in other objects, or answer in XML though JSON was asked for. So entries
are known by what is in them, wherever they stand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lxml.etree import _Element as Element

from ..model import StorageState
from ..untrusted import local_name
from .client import IsapiClient

_STATUS: Final = "System/workingstatus"
_CHANNELS: Final = f"{_STATUS}/chanStatus"
_BROKEN: Final = {2, 3}
"""States of a disk (HDStatus): an error, and one of a disk that sleeps."""
_DEEPEST: Final = 8

type _Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelWork:
    """What is told of one channel."""

    recorded: bool
    online: bool


async def take_channels(client: IsapiClient) -> Mapping[int, ChannelWork]:
    """Ask what the channels do.

    Raises:
        UnitUnsupportedError: It is not told.
        UnitError: As `IsapiClient.look`.
    """
    found: dict[int, ChannelWork] = {}
    for entry in _entries(await client.look(_CHANNELS), "chanNo"):
        channel = _number(entry.get("chanNo"))
        if channel is not None and "record" in entry:
            found[channel] = ChannelWork(
                recorded=_number(entry["record"]) == 1, online=_number(entry.get("online")) == 1
            )
    return found


async def take_disks(client: IsapiClient) -> list[StorageState]:
    """Ask how the disks are.

    Raises:
        UnitUnsupportedError: It is not told.
        UnitError: As `IsapiClient.look`.
    """
    return [
        StorageState(storage=f"disk {number}", failed=_number(entry.get("status")) in _BROKEN)
        for entry in _entries(await client.look(_STATUS), "hdNo")
        if (number := _number(entry.get("hdNo"))) is not None
    ]


def _entries(told: Element | _Entry, key: str) -> Iterator[_Entry]:
    """Yield all objects that have a key, or elements that have such a child."""
    if isinstance(told, Mapping):
        yield from _objects(told, key, _DEEPEST)
        return
    for parent in told.iter():
        leaves = {local_name(it): it.text or "" for it in parent if not len(it)}
        if key in leaves:
            yield leaves


def _objects(told: object, key: str, depth: int) -> Iterator[_Entry]:
    if depth < 0:
        return
    if isinstance(told, Mapping):
        if key in told:
            yield told
        for inner in told.values():
            yield from _objects(inner, key, depth - 1)
    elif isinstance(told, list):
        for inner in told:
            yield from _objects(inner, key, depth - 1)


def _number(told: object) -> int | None:
    text = str(told).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < len("1000000") else None
