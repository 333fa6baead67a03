"""What is no unit and can tell whether it is Home Assistant that is cut off.

Cameras of several devices, and the gateway: the host that the user named, else the default gateway.
That one need not answer anybody, so that its silence counts only once it was heard. An open
connection is an answer, and so is a refused one: only what is reached can refuse. (No ICMP: that
takes rights which Home Assistant need not have.)
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from itertools import islice, zip_longest
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from ..failover.model import Silence
from ..nvr.knock import knock
from ..settings.unit import NetworkConfig, UnitConfig

CAMERAS: Final = 6
"""Cameras that are asked at a time: one that answers is enough."""
GATEWAY_PORTS: Final = (53, 80, 443)
"""Of which a gateway mostly answers one: names, and its own pages."""
_RTSP_PORT: Final = 554


class Witness(NamedTuple):
    """Who is asked, and where."""

    name: str
    host: str
    ports: tuple[int, ...]
    guessed: bool = False
    """Whether nobody said that it answers."""


def witnesses(
    configs: Iterable[UnitConfig], gateway: str, default_gateway: str = ""
) -> Iterator[Witness]:
    """Yield who can be asked: cameras of all devices in turn, then the gateway.

    Args:
        configs: The units.
        gateway: The host that the user named; empty for none.
        default_gateway: Who is asked instead, unless all units and cameras are on Home Assistant's
            own host; empty for none.
    """
    configs = tuple(configs)
    cameras = dict.fromkeys(_cameras(configs))
    for host, port in islice(cameras, CAMERAS):
        yield Witness(f"{host}:{port}", host, (port,))
    if gateway:
        yield Witness(gateway, gateway, GATEWAY_PORTS)
    elif default_gateway and not all(map(_is_here, _hosts(configs, cameras))):
        yield Witness(default_gateway, default_gateway, GATEWAY_PORTS, guessed=True)


def _hosts(configs: Iterable[UnitConfig], cameras: Iterable[tuple[str, int]]) -> Iterator[str]:
    yield from (host for host, _ in cameras)
    yield from (it.way.endpoint.host for it in configs if isinstance(it.way, NetworkConfig))


def _is_here(host: str) -> bool:
    """Tell whether a host is Home Assistant's own, reached without any network."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _cameras(configs: Iterable[UnitConfig]) -> Iterator[tuple[str, int]]:
    """Yield where cameras are: the first of each device, the second of each, and so on."""
    of_devices = (
        [urlsplit(channel.source.uri) for channel in config.channels if channel.source]
        for config in configs
    )
    for row in zip_longest(*of_devices):
        for uri in row:
            if uri and uri.hostname:
                yield uri.hostname, uri.port or _RTSP_PORT


async def ask(asked: Iterable[Witness]) -> Mapping[str, bool]:
    """Tell which witnesses answer, all asked at once."""
    asked = tuple(asked)
    answers = await asyncio.gather(*map(_answers, asked))
    return {witness.name: answer for witness, answer in zip(asked, answers, strict=True)}


async def _answers(witness: Witness) -> bool:
    silences = await asyncio.gather(*(knock(witness.host, port) for port in witness.ports))
    return any(silence is not Silence.SILENT for silence in silences)
