"""Where a recorder shows its cameras live: which media profile shows which channel.

ONVIF does not relate recordings to media profiles, but for a job whose source is a profile (that
of most recorders for their own channels). Else a name that only one channel and one video source
have tells, or the order of both where there are equally many.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..errors import UnitProtocolError, UnitRequestError
from ..together import together
from ..untrusted import printable
from ..uris import at_host, stream_uri
from .channels import Numbers
from .client import OnvifClient
from .inventory import Container, Inventory, natural
from .reading import part, parts, text
from .wsdl import Service

_STREAM: Final = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
"""RTP over RTSP over TCP (onvif.xsd, TransportProtocol)."""
_MOST: Final = 1024
"""Profiles."""
_LEGIBLE: Final = 320 * 240
"""Pixels. Some recorders have a third stream for telephones of long ago."""
_NO_VIDEO: Final = {"", "JPEG"}
"""Encodings that no player of live streams takes (onvif.xsd, VideoEncoding)."""

type Shown = int | str
"""A channel's number, or the key of a `Place`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A stream of a video source."""

    token: str
    source: str
    name: str
    """Of the video source, as the unit calls it here."""
    pixels: int
    playable: bool
    """Whether it is encoded in a way that players of live streams take."""


async def live_uris(
    client: OnvifClient, inventory: Inventory | None, numbers: Numbers
) -> Mapping[Shown, str]:
    """Ask where a unit shows its channels and places live: its sub stream, where it has one.

    Of the addresses that it tells only port and path are believed, as of its services. None of
    them holds credentials: they are the account's.

    Args:
        client: The unit.
        inventory: What it holds; None where its channels are its video sources.
        numbers: Of its channels.

    Raises:
        UnitUnsupportedError: It shows nothing.
        UnitError: As `OnvifClient.call`.
    """
    profiles = read_profiles(await client.call(Service.MEDIA, "GetProfiles"))
    shown = sources_shown(profiles, inventory, numbers)
    streams = {it: sub_stream(p for p in profiles if p.source == at) for it, at in shown.items()}
    told = await together({it: _uri(client, stream) for it, stream in streams.items() if stream})
    return {it: uri for it, uri in told.items() if uri is not None}


def read_profiles(answer: Any) -> Sequence[Profile]:
    """Return the profiles of the answer to GetProfiles that show a video source."""
    entries = parts(answer)
    if len(entries) > _MOST:
        raise UnitProtocolError("It tells of more profiles than any unit has")
    profiles = []
    for entry in entries:
        video = part(entry, "VideoSourceConfiguration")
        encoder = part(entry, "VideoEncoderConfiguration")
        source, token = text(video, "SourceToken"), text(entry, "token")
        if source and token:
            profiles.append(
                Profile(
                    token=token,
                    source=source,
                    name=printable(text(video, "Name")),
                    pixels=_count(encoder, "Width") * _count(encoder, "Height"),
                    playable=text(encoder, "Encoding") not in _NO_VIDEO,
                )
            )
    return profiles


def sub_stream(profiles: Iterable[Profile]) -> Profile | None:
    """Return the smallest of these streams on which something can be made out, if there is one."""
    by_size = sorted((it for it in profiles if it.playable), key=lambda it: it.pixels)
    legible = [it for it in by_size if it.pixels >= _LEGIBLE]
    return next(iter(legible or by_size[-1:]), None)


def sources_shown(
    profiles: Sequence[Profile], inventory: Inventory | None, numbers: Numbers
) -> Mapping[Shown, str]:
    """Return the video source of each channel and place of which it is known."""
    sources = {it.source: it.name for it in reversed(profiles)}
    if inventory is None:
        return {number: source for source, number in numbers.of(sources).items()}
    given = numbers.of(it.token for it in inventory.own)
    by_job = _by_job(inventory, {it.token: it.source for it in profiles})
    found = _by_name(inventory.containers, sources) | by_job or _by_order(inventory, sources)
    keys = {it.token: given[it.token] if it.key is None else it.key for it in inventory.containers}
    return {keys[token]: source for token, source in found.items()}


def _by_job(inventory: Inventory, sources: Mapping[str, str]) -> dict[str, str]:
    """Return the video sources of recordings that are filled from a profile."""
    return {
        container.token: sources[profile]
        for container in inventory.containers
        for job in reversed(inventory.jobs_of(container))
        for profile in job.profiles
        if profile in sources
    }


def _by_name(containers: Sequence[Container], sources: Mapping[str, str]) -> dict[str, str]:
    """Return those of recordings whose name nothing else has."""
    taken = Counter(it.name for it in containers)
    once = Counter(sources.values())
    named = {name: source for source, name in sources.items() if name and once[name] == 1}
    return {
        it.token: named[it.name] for it in containers if it.name in named and taken[it.name] == 1
    }


def _by_order(inventory: Inventory, sources: Iterable[str]) -> dict[str, str]:
    """Return those of recordings that are as many as there are video sources."""
    ordered = sorted(sources, key=natural)
    if len(ordered) != len(inventory.containers):
        return {}
    return {
        container.token: source
        for container, source in zip(inventory.containers, ordered, strict=True)
    }


async def _uri(client: OnvifClient, profile: Profile) -> str | None:
    """Ask where a profile is shown; None where the unit does not say."""
    try:
        told = await client.call(
            Service.MEDIA, "GetStreamUri", StreamSetup=_STREAM, ProfileToken=profile.token
        )
    except UnitRequestError:
        return None
    uri = stream_uri(text(told, "Uri"))
    return at_host(uri, client.endpoint.host) if uri else None


def _count(encoder: Any, name: str) -> int:
    found = part(encoder, "Resolution", name)
    return found if isinstance(found, int) else 0
