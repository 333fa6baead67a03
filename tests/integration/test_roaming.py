"""Recorders that get another address are followed, and nobody else is taken for them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from homeassistant.config_entries import SOURCE_DHCP, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
import pytest

from custom_components.nvr_hotspare.const import DOMAIN
from custom_components.nvr_hotspare.nvr.discovery import FoundUnit
from custom_components.nvr_hotspare.nvr.greeting import Greeting
from custom_components.nvr_hotspare.settings.builtin import BuiltinConfig
from custom_components.nvr_hotspare.settings.unit import NetworkConfig, unit_configs
from custom_components.nvr_hotspare.surroundings import greetings
from custom_components.nvr_hotspare.units import device_list, roaming
from custom_components.nvr_hotspare.units.roaming import follow
from tests.integration.flow import subentry_of
from tests.integration.lab import (
    Lab,
    builtin_input,
    eventually,
    loopback_address,
    state,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roaming, "TRY_PACE", 0.2)
    monkeypatch.setattr(roaming, "SEARCH_PACE", 0.5)
    monkeypatch.setattr(roaming, "LEARN_PACE", 0.5)
    monkeypatch.setattr(device_list, "PATIENCE", 1.0)


@pytest.fixture
async def cameras(lab: Lab) -> list[VirtualCamera]:
    return await lab.cameras(1)


@pytest.fixture
async def nvr(lab: Lab, cameras: list[VirtualCamera], discovery_port: int) -> VirtualNvr:
    """A recorder that can be found."""
    return await lab.nvr("NVR-1", cameras, discovery_port=discovery_port)


async def told_by_dhcp(hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr, ip: str) -> None:
    """Have Home Assistant's DHCP discovery see the unit's MAC address at an address."""
    mac = unit_configs(entry)[nvr.config.serial].identity.mac
    assert mac is not None
    info = DhcpServiceInfo(ip=ip, hostname="nvr", macaddress=mac.replace(":", ""))
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_DHCP}, data=info
    )
    assert result["reason"] == "already_configured"


async def move(lab: Lab, nvr: VirtualNvr, **settings: object) -> str:
    """Give a recorder another address, and return it."""
    await lab.stop(nvr.config.serial)
    host = loopback_address()
    await lab.start(replace(nvr.config, host=host, **settings))  # type: ignore[arg-type]
    return host


async def test_dhcp_tells_where_a_recorder_is_now(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    host = await move(lab, nvr, discovery_port=0)
    await told_by_dhcp(hass, entry, nvr, host)
    await eventually(lambda: subentry_of(entry, nvr).data["host"] == host)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")


async def test_a_recorder_that_answers_where_it_was_stays_there(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    other = await lab.nvr("OTHER")
    config = unit_configs(entry)["NVR-1"]
    assert await follow(hass, entry, config, other.config.host)
    assert await follow(hass, entry, config, nvr.config.host)
    assert subentry_of(entry, nvr).data["host"] == nvr.config.host


async def test_another_recorder_at_the_new_address_is_not_taken_for_it(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await lab.stop("NVR-1")
    config = unit_configs(entry)["NVR-1"]
    other = await lab.nvr("OTHER")
    assert await follow(hass, entry, config, other.config.host)
    closed = await lab.nvr("CLOSED", password="another")
    assert await follow(hass, entry, config, closed.config.host)
    assert not await follow(hass, entry, config, loopback_address())  # it may yet come
    assert subentry_of(entry, nvr).data["host"] == nvr.config.host


async def test_a_recorder_that_is_known_by_a_name_stays_known_by_it(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await lab.stop("NVR-1")
    config = unit_configs(entry)["NVR-1"]
    assert isinstance(config.way, NetworkConfig)
    named = replace(config.way, endpoint=replace(config.way.endpoint, host="localhost"))
    assert await follow(hass, entry, replace(config, way=named), loopback_address())
    assert subentry_of(entry, nvr).data["host"] == nvr.config.host


async def test_a_recorder_that_is_gone_is_looked_for_by_what_it_calls_itself(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await eventually(lambda: "reference" in subentry_of(entry, nvr).data)
    host = await move(lab, nvr)
    await eventually(lambda: subentry_of(entry, nvr).data["host"] == host)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")


async def test_a_recorder_that_greets_from_another_address_is_followed_at_once(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    *,
    discovery_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await eventually(lambda: "reference" in subentry_of(entry, nvr).data)
    monkeypatch.setattr(roaming, "SEARCH_PACE", 3600.0)
    monkeypatch.setattr(roaming, "LEARN_PACE", 3600.0)
    monkeypatch.setattr(greetings, "HEARD", ("239.255.255.250", discovery_port))
    assert await hass.config_entries.async_reload(entry.entry_id)
    host = await move(lab, nvr)
    await eventually(lambda: subentry_of(entry, nvr).data["host"] == host)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")


async def test_greetings_in_the_name_of_a_unit_have_its_password_offered_seldom(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, tmp_path: Path
) -> None:
    await eventually(lambda: "reference" in subentry_of(entry, nvr).data)
    await lab.stop("NVR-1")
    config = unit_configs(entry)["NVR-1"]
    engine = replace(config, way=BuiltinConfig.from_data(builtin_input(tmp_path, standby="warm")))
    heard = greetings.Greetings(hass, entry, entry.runtime_data.manager, lambda: [engine, config])
    other = await lab.nvr("OTHER")
    answered = 0

    async def counted(*_: object) -> None:
        nonlocal answered
        answered += 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(greetings, "follow_patiently", counted)
        for reference in ("", "urn:uuid:else", config.reference, config.reference):
            said = Greeting(host=other.config.host, reference=reference, leaves=False)
            await heard._take(said)
        await hass.async_block_till_done(wait_background_tasks=False)
        await eventually(lambda: answered > 0)
    assert answered == 1


async def test_who_only_calls_itself_the_same_is_offered_the_password_once(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await eventually(lambda: "reference" in subentry_of(entry, nvr).data)
    await move(lab, nvr, password="another")
    await eventually(lambda: "may be at" in caplog.text)
    searches = 0

    async def counted(_: HomeAssistant) -> Sequence[FoundUnit]:
        nonlocal searches
        searches += 1
        return await device_list.search(hass)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roaming, "search", counted)
        await eventually(lambda: searches >= 3)
    assert caplog.text.count("may be at") == 1
    assert subentry_of(entry, nvr).data["host"] == nvr.config.host
