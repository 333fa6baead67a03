"""The channels of a working device, and where their cameras are."""

from collections.abc import Iterable, Mapping, Sequence
import itertools
from typing import Any, Final

from ...recorder.model import Source
from ..errors import UnitUnsupportedError
from ..model import ChannelSettings
from ..untrusted import printable
from ..uris import is_own_address, stream_uri
from .client import OnvifClient
from .inventory import Container, Inventory, natural
from .reading import part, parts, text
from .wsdl import Service

_MOST: Final = 4096
"""Tokens that are remembered."""


class Numbers:
    """Gives recordings or video sources channel numbers, in the order of their tokens.

    A token keeps its number while others come and go, itself too: a unit that starts may not tell
    all at once.
    """

    def __init__(self, known: Mapping[str, int]) -> None:
        """Begin with the numbers given before, by token."""
        self._numbers = dict(known)

    def of(self, tokens: Iterable[str]) -> dict[str, int]:
        """Return the numbers of these tokens."""
        there = sorted(tokens, key=natural)
        if len(self._numbers) > _MOST:
            self._numbers = {token: it for token, it in self._numbers.items() if token in there}
        taken = set(self._numbers.values())
        free = (number for number in itertools.count(1) if number not in taken)
        for token in there:
            if token not in self._numbers:
                self._numbers[token] = next(free)
        return {token: self._numbers[token] for token in there}


def channels_of_recordings(
    inventory: Inventory, numbers: Numbers, host: str, addresses: Sequence[str]
) -> Sequence[ChannelSettings]:
    """Return a channel for each recording that is not ours.

    Args:
        inventory: What the unit holds.
        numbers: Of its channels so far.
        host: Where the unit is reached.
        addresses: More addresses of it; a camera can't be there.
    """
    given = numbers.of(it.token for it in inventory.own)
    channels: list[ChannelSettings] = []
    for it in inventory.own:
        told = _told(inventory, it)
        there = [uri for uri in told if not is_own_address(uri, host, addresses)]
        channel = ChannelSettings(
            token=it.token,
            number=given[it.token],
            name=it.name or f"Channel {given[it.token]}",
            source=Source(uri=there[0]) if there else None,
            behind=bool(told) and not there,
        )
        channels.append(channel)
    return channels


def _told(inventory: Inventory, container: Container) -> Sequence[str]:
    """Return where a camera may be: where the job's receiver fetches, then the address told."""
    fetched = [
        inventory.receivers[token].uri
        for job in inventory.jobs_of(container)
        for token in job.receivers
        if token in inventory.receivers
    ]
    return [uri for uri in (*fetched, stream_uri(container.address)) if uri]


async def channels_of_media(client: OnvifClient, numbers: Numbers) -> Sequence[ChannelSettings]:
    """Return a channel for each video source of the Media service, which tells no camera.

    Raises:
        UnitUnsupportedError: The unit tells of no channels at all.
        UnitError: As `OnvifClient.call`.
    """
    names = _names(await client.call(Service.MEDIA, "GetProfiles"))
    if not names:
        sources = await client.call(Service.MEDIA, "GetVideoSources")
        names = {token: "" for it in parts(sources) if (token := text(it, "token"))}
    if not names:
        raise UnitUnsupportedError("It tells of no channels")
    return [
        ChannelSettings(
            token=token, number=number, name=names[token] or f"Channel {number}", source=None
        )
        for token, number in numbers.of(names).items()
    ]


def _names(profiles: Any) -> dict[str, str]:
    """Return the names of the video sources that profiles show."""
    names: dict[str, str] = {}
    for profile in parts(profiles):
        shown = part(profile, "VideoSourceConfiguration")
        if token := text(shown, "SourceToken"):
            names.setdefault(token, printable(text(shown, "Name")))
    return names
