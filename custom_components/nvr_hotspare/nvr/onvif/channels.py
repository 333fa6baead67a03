"""The channels of a working device, and where their cameras are."""

from collections.abc import Iterable, Sequence
from typing import Any

from ...recorder.model import Source
from ..errors import UnitUnsupportedError
from ..model import ChannelSettings
from .client import OnvifClient
from .inventory import Container, Inventory, natural
from .soap import printable
from .uris import is_own_address, stream_uri
from .wsdl import Service


class Numbers:
    """Gives each recording or video source a channel number, once.

    Numbers follow the order of the tokens; what is added later gets the next one, and while
    this object lives a number is never given to another token.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def of(self, tokens: Iterable[str]) -> dict[str, int]:
        """Return the numbers of these tokens."""
        return {
            token: self._numbers.setdefault(token, len(self._numbers) + 1)
            for token in sorted(tokens, key=natural)
        }


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
    return [
        ChannelSettings(
            number=given[it.token],
            name=it.name or f"Channel {given[it.token]}",
            source=_source(inventory, it, host, addresses),
        )
        for it in inventory.own
    ]


def _source(
    inventory: Inventory, container: Container, host: str, addresses: Sequence[str]
) -> Source | None:
    """Return where the camera is: where the job's receiver fetches, else the address told."""
    fetched = [
        inventory.receivers[token].uri
        for job in inventory.jobs_of(container)
        for token in job.receivers
        if token in inventory.receivers
    ]
    for uri in (*fetched, stream_uri(container.address)):
        if uri and not is_own_address(uri, host, addresses):
            return Source(uri=uri)
    return None


async def channels_of_media(client: OnvifClient, numbers: Numbers) -> Sequence[ChannelSettings]:
    """Return a channel for each video source of the Media service, which tells no camera.

    Raises:
        UnitUnsupportedError: The unit tells of no channels at all.
        UnitError: As `OnvifClient.call`.
    """
    names = _names(await client.call(Service.MEDIA, "GetProfiles"))
    if not names:
        sources = await client.call(Service.MEDIA, "GetVideoSources")
        names = {it.token: "" for it in sources or () if getattr(it, "token", None)}
    if not names:
        raise UnitUnsupportedError("It tells of no channels")
    return [
        ChannelSettings(number=number, name=names[token] or f"Channel {number}", source=None)
        for token, number in numbers.of(names).items()
    ]


def _names(profiles: Any) -> dict[str, str]:
    """Return the names of the video sources that profiles show."""
    names: dict[str, str] = {}
    for profile in profiles or ():
        shown = getattr(profile, "VideoSourceConfiguration", None)
        if isinstance(token := getattr(shown, "SourceToken", None), str):
            names.setdefault(token, printable(getattr(shown, "Name", None)))
    return names
