"""Where cameras are: reading what the user enters, and trying it before a night depends on it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
import socket
from urllib.parse import unquote, urlsplit

from ..errors import source_error_key
from ..recorder.errors import SourceBusyError, SourceError
from ..recorder.model import Source
from ..recorder.probe import probe_source
from ..settings.limits import MEGABIT
from ..settings.unit import ChannelConfig

MAX_URI_LENGTH = 1024
_PATIENCE = 0.7
"""Seconds after which the next camera is tried: a rejection comes sooner."""
_PACE = 0.1
"""The same once an account was accepted."""
_LOOK_UP = 2.0
"""Seconds that a name server may take."""


class UriError(ValueError):
    """Not the address of an RTSP stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of trying one channel's source."""

    channel: ChannelConfig
    key: str
    """`reachable`, or why not; translated in `selector.verdict`."""
    detail: str = ""

    @property
    def good(self) -> bool:
        """Whether a spare will be able to record the camera."""
        return self.key in {"reachable", "busy"}


def parse_source(text: str) -> Source:
    """Take an RTSP URI apart, so that its credentials are kept apart from it.

    Raises:
        UriError: It is no RTSP URI.
    """
    text = text.strip()
    if len(text) > MAX_URI_LENGTH or not text.isprintable() or " " in text:
        raise UriError
    scheme, separator, rest = text.partition("://")
    if not separator or scheme.lower() != "rtsp":
        raise UriError
    end = min((at for mark in "/?#" if (at := rest.find(mark)) >= 0), default=len(rest))
    account, _, authority = rest[:end].rpartition("@")
    username, _, password = account.partition(":")
    uri = f"rtsp://{authority}{rest[end:]}"
    if not source_host(uri):
        raise UriError
    return Source(uri=uri, username=unquote(username), password=unquote(password))


def source_host(uri: str) -> str:
    """Return the host of an RTSP URI, empty where there is none."""
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return ""
    return parts.hostname or ""


async def addresses(host: str) -> frozenset[str]:
    """Return the host's addresses; the host itself where it has none."""
    try:
        async with asyncio.timeout(_LOOK_UP):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, None, type=socket.SOCK_STREAM
            )
    except OSError, TimeoutError, UnicodeError:
        return frozenset({host})
    return frozenset(str(address[0]) for *_, address in found)


async def try_sources(channels: Sequence[ChannelConfig]) -> list[Verdict]:
    """Try every channel's source, those of one account one after another.

    An account that one camera rejects is not offered to the next: cameras ban addresses.
    """
    accounts: dict[tuple[str, str], list[tuple[ChannelConfig, Source]]] = {}
    for channel in channels:
        if channel.source is not None:
            account = (channel.source.username, channel.source.password)
            accounts.setdefault(account, []).append((channel, channel.source))
    verdicts: dict[int, Verdict] = {}
    for found in await asyncio.gather(*map(_try_account, accounts.values())):
        verdicts |= found
    return [
        verdicts.get(channel.number, Verdict(channel=channel, key="no_source"))
        for channel in channels
    ]


def judged(verdict: Verdict, most: float) -> Verdict:
    """Return a verdict where spares take at most as many bits per second of one camera."""
    if not verdict.good or verdict.channel.bitrate <= most:
        return verdict
    megabits = f"{verdict.channel.bitrate / MEGABIT:.1f} > {most / MEGABIT:.1f} Mbit/s"
    return replace(verdict, key="too_fast", detail=megabits)


async def _try_account(
    channels: Iterable[tuple[ChannelConfig, Source]],
) -> Mapping[int, Verdict]:
    """Try the cameras of one account."""
    tries: list[asyncio.Task[Verdict]] = []
    verdicts: dict[int, Verdict] = {}
    async with asyncio.TaskGroup() as group:
        for channel, source in channels:
            if any(attempt.done() and attempt.result().key == "rejected" for attempt in tries):
                verdicts[channel.number] = Verdict(channel=channel, key="untested")
                continue
            attempt = group.create_task(_try_channel(channel, source))
            tries.append(attempt)
            proven = any(attempt.done() and attempt.result().good for attempt in tries)
            await asyncio.wait({attempt}, timeout=_PACE if proven else _PATIENCE)
    return verdicts | {attempt.result().channel.number: attempt.result() for attempt in tries}


async def _try_channel(channel: ChannelConfig, source: Source) -> Verdict:
    """Try one camera."""
    channel = replace(channel, single_stream=False)
    try:
        report = await probe_source(source)
    except SourceBusyError:
        return Verdict(channel=replace(channel, single_stream=True), key="busy")
    except SourceError as error:
        return Verdict(channel=channel, key=source_error_key(error))
    size = f"{report.width}\N{MULTIPLICATION SIGN}{report.height}"
    detail = f"{report.codec.upper()} {size}, {report.bitrate / MEGABIT:.1f} Mbit/s"
    channel = replace(
        channel, bitrate=report.bitrate, longest_gop=report.key_interval or channel.longest_gop
    )
    return Verdict(channel=channel, key="reachable", detail=detail)
