"""Cameras that hang on their recorder: nobody reaches them but through it, and they die with it."""

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from homeassistant.components import network
from homeassistant.core import HomeAssistant

from .sources import Verdict, addresses, source_host

_NEAR: Final = 24
"""Bits that addresses have in common in a network whose size nobody tells."""


async def explained(hass: HomeAssistant, verdicts: Iterable[Verdict], host: str) -> list[Verdict]:
    """Return verdicts that say so where cameras are behind the ports of their recorder.

    Args:
        hass: Home Assistant.
        verdicts: What came of trying the cameras.
        host: The recorder's.
    """
    near = [IPv4Network((it, _NEAR), strict=False) for it in await addresses(host) if _is_ipv4(it)]
    adapters = await network.async_get_adapters(hass)
    own = [
        IPv4Network((it["address"], it["network_prefix"]), strict=False)
        for adapter in adapters
        for it in adapter["ipv4"]
    ]
    return [_explained(verdict, [*near, *own]) for verdict in verdicts]


def _explained(verdict: Verdict, networks: Iterable[IPv4Network]) -> Verdict:
    channel = verdict.channel
    if verdict.key == "no_source" and channel.behind:
        return replace(verdict, key="behind_recorder")
    if verdict.key == "unreachable" and channel.source is not None:
        host = source_host(channel.source.uri)
        if is_internal(host, networks):
            return replace(verdict, key="internal_network", detail=host)
    return verdict


def is_internal(host: str, networks: Iterable[IPv4Network]) -> bool:
    """Tell whether a camera that does not answer may be in a network inside its recorder.

    Recorders with PoE ports give the cameras on these private addresses that nobody else reaches:
    192.168.254.0/24 inside Hikvision's. Names are not looked up.

    Args:
        host: The camera's.
        networks: That of the recorder, and those of Home Assistant: what is there is not inside.
    """
    if not _is_ipv4(host):
        return False
    camera = IPv4Address(host)
    if camera.is_loopback or not camera.is_private:
        return False
    return not any(camera in it for it in networks)


def _is_ipv4(host: str) -> bool:
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True
