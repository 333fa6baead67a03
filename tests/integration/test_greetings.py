"""Units that say good-bye in the network: their silence is excused, once in a while."""

import asyncio
import socket
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest

from custom_components.nvr_hotspare.failover.events import Event, Planned
from custom_components.nvr_hotspare.surroundings import greetings
from tests.integration.lab import eventually, loopback_address, state
from virtual_nvr.nvr.unit import VirtualNvr

_BYE = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    b' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">'
    b"<s:Body><d:Bye/></s:Body></s:Envelope>"
)


@pytest.fixture
def planned(entry: ConfigEntry, monkeypatch: pytest.MonkeyPatch) -> list[Planned]:
    """What is planned from now on."""
    found: list[Planned] = []
    manager = entry.runtime_data.manager
    handle = manager.handle

    def note(event: Event) -> None:
        if isinstance(event, Planned):
            found.append(event)
        handle(event)

    monkeypatch.setattr(manager, "handle", note)
    return found


def say_bye(host: str) -> None:
    """Say good-bye in the name of a host."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as speaker:
        speaker.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(host))
        speaker.bind((host, 0))
        speaker.sendto(_BYE, greetings.HEARD)


async def test_calm_a_unit_that_says_good_bye_restarts(
    entry: ConfigEntry, nvr: VirtualNvr, planned: list[Planned]
) -> None:
    grace = entry.runtime_data.manager.timing.restart_grace
    await _until_heard(nvr.config.host, planned)
    assert planned[0].once
    assert planned[0].until == pytest.approx(time.time() + grace, abs=60)


async def test_calm_good_byes_of_a_unit_are_believed_seldom(
    hass: HomeAssistant, nvr: VirtualNvr, planned: list[Planned]
) -> None:
    await _until_heard(nvr.config.host, planned)
    say_bye(nvr.config.host)
    say_bye(loopback_address())
    await asyncio.sleep(0.5)
    await hass.async_block_till_done()
    assert len(planned) == 1, "again, and a stranger"


async def _until_heard(host: str, planned: list[Planned]) -> None:
    """Say good-bye until somebody listens."""
    for _ in range(100):
        say_bye(host)
        await asyncio.sleep(0.2)
        if planned:
            return
    await eventually(lambda: bool(planned))


async def test_a_group_runs_though_nobody_can_be_heard(
    hass: HomeAssistant,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    *,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", greetings.__name__)
    monkeypatch.setattr(greetings, "HEARD", ("192.0.2.1", 3702))  # no address of this machine
    assert await hass.config_entries.async_reload(entry.entry_id)
    await eventually(lambda: "Nobody can be heard" in caplog.text)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
