"""An engine on another machine as a spare: a real process, paired as a user does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from homeassistant.config_entries import SOURCE_USER, SOURCE_ZEROCONF, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
import pytest

from custom_components.nvr_hotspare.const import DOMAIN
from custom_components.nvr_hotspare.nvr import engine_spare
from custom_components.nvr_hotspare.recorder.remote.certificate import certificate
from custom_components.nvr_hotspare.recorder.remote.proof import nonce
from custom_components.nvr_hotspare.recorder.remote.talk import PROTOCOL, Greeting, say
from custom_components.nvr_hotspare.recorder.remote.visit import look
from custom_components.nvr_hotspare.settings import group as group_options
from tests.engine.outpost_lab import OutpostLab
from tests.integration.flow import Flow
from tests.integration.lab import Lab, add_device, add_group, eventually, issues, state
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr

OPTIONS = {"space_limit": 1, "days": 7, "ring_seconds": 30}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have engines decide after a short silence."""
    monkeypatch.setattr(group_options, "DEFAULT_AWAY_AFTER", 2)


@pytest.fixture
async def outpost(hass: HomeAssistant, tmp_path: Path) -> AsyncIterator[OutpostLab]:
    """An engine that nobody is paired with yet."""
    outpost = OutpostLab(tmp_path / "outpost")
    async with outpost.engine():
        await eventually(lambda: bool(outpost.codes))
        yield outpost
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            await hass.config_entries.async_unload(entry.entry_id)


class GroupFlow:
    """The flow that begins a group."""

    def __init__(self, hass: HomeAssistant, result: Any) -> None:
        self._hass = hass
        self.result = result

    @classmethod
    async def begin(cls, hass: HomeAssistant) -> GroupFlow:
        flows = hass.config_entries.flow
        flow = cls(hass, await flows.async_init(DOMAIN, context={"source": SOURCE_USER}))
        await flow.enter({"next_step_id": "engine"})
        return flow

    async def enter(self, values: dict[str, Any]) -> None:
        flows = self._hass.config_entries.flow
        self.result = await flows.async_configure(self.result["flow_id"], values)
        await self._hass.async_block_till_done()


def address(outpost: OutpostLab) -> dict[str, Any]:
    return {"host": outpost.host, "port": outpost.port}


def way(outpost: OutpostLab) -> dict[str, Any]:
    """Return what a user enters to pair an engine."""
    return {**address(outpost), "code": outpost.codes[-1]}


async def paired(hass: HomeAssistant, outpost: OutpostLab) -> ConfigEntry:
    """Begin a group with the engine as its spare."""
    flow = await GroupFlow.begin(hass)
    await flow.enter(way(outpost))
    assert flow.result["step_id"] == "engine_options", flow.result
    await flow.enter(OPTIONS)
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY, flow.result
    entry: ConfigEntry = flow.result["result"]
    return entry


async def found(hass: HomeAssistant, outpost: OutpostLab, is_paired: str = "no") -> Any:
    """Let Home Assistant find the engine in the network."""
    engine = (await look(outpost.host, outpost.port)).engine
    info = ZeroconfServiceInfo(
        ip_address=ip_address(outpost.host),
        ip_addresses=[ip_address(outpost.host)],
        port=outpost.port,
        hostname="attic.local.",
        type="_nvr-hotspare._tcp.local.",
        name="attic._nvr-hotspare._tcp.local.",
        properties={"id": engine, "version": "0.1.0", "paired": is_paired},
    )
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=info
    )


async def test_a_group_begins_with_an_engine_which_stands_in(
    hass: HomeAssistant,
    outpost: OutpostLab,
    lab: Lab,
    nvr: VirtualNvr,
    cameras: list[VirtualCamera],
) -> None:
    entry = await paired(hass, outpost)
    (spare,) = entry.subentries.values()
    assert spare.title == f"Hot-spare engine ({outpost.host})"
    assert spare.data["capacity"] == 32
    await add_device(hass, entry, nvr, cameras)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    await eventually(lambda: state(hass, "binary_sensor", nvr, "spare_ready") == "on")
    serial = str(spare.unique_id)
    await eventually(lambda: state(hass, "sensor", serial, "storage_free") != "unavailable")

    assert await hass.config_entries.async_unload(entry.entry_id)
    await lab.stop("NVR-1")
    await eventually(lambda: any(it.stat().st_size > 1000 for it in outpost.footage.rglob("*")))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await lab.start(nvr.config)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    assert len(entry.runtime_data.manager.reports.all("NVR-1")) == 1

    assert await hass.config_entries.async_remove(entry.entry_id)
    await eventually(lambda: len(outpost.codes) == 2)  # for whoever pairs it next


async def test_what_is_wrong_with_the_pairing_is_told(
    hass: HomeAssistant, outpost: OutpostLab
) -> None:
    flow = await GroupFlow.begin(hass)
    await flow.enter({**way(outpost), "port": 1})
    assert flow.result["errors"] == {"base": "no_engine"}
    await flow.enter({**way(outpost), "code": "2222-2222-2222"})
    assert flow.result["errors"] == {"base": "wrong_code"}
    await flow.enter(way(outpost))
    while flow.result["errors"] == {"base": "pairing_paused"}:
        await asyncio.sleep(0.1)
        await flow.enter(way(outpost))
    assert flow.result["step_id"] == "engine_options", flow.result
    await flow.enter({**OPTIONS, "ring_seconds": 5})
    assert flow.result["errors"] == {"base": "ring_too_short"}
    await flow.enter(OPTIONS)
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY

    again = await GroupFlow.begin(hass)
    await again.enter({**address(outpost), "code": "whatever"})
    assert again.result["reason"] == "already_configured"


async def test_an_engine_that_was_found_is_added_to_a_group(
    hass: HomeAssistant, outpost: OutpostLab, lab: Lab
) -> None:
    entry = await add_group(hass, await lab.nvr("SPARE"))
    flow = GroupFlow(hass, await found(hass, outpost))
    assert flow.result["step_id"] == "group"
    await flow.enter({"group": entry.entry_id})
    assert flow.result["step_id"] == "engine"
    await flow.enter(way(outpost))
    await flow.enter(OPTIONS)
    assert flow.result["reason"] == "engine_added"
    (spare,) = [it for it in entry.subentries.values() if it.data["driver"] == "engine"]
    assert spare.data["preference"] == 2
    await eventually(
        lambda: state(hass, "sensor", str(spare.unique_id), "working_status") == "idle"
    )
    assert (await found(hass, outpost))["reason"] == "already_configured"


async def test_an_engine_is_added_to_a_group_as_a_further_spare(
    hass: HomeAssistant, outpost: OutpostLab, lab: Lab
) -> None:
    entry = await add_group(hass, await lab.nvr("SPARE"))
    flow = await Flow.add(hass, entry, "hot_spare")
    await flow.choose("engine")
    await flow.enter(way(outpost))
    await flow.enter(OPTIONS)
    assert flow.result["step_id"] == "preference"
    await flow.enter({"preference": 1})
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY
    (spare,) = [it for it in entry.subentries.values() if it.data["driver"] == "engine"]
    assert spare.data["preference"] == 1
    await eventually(
        lambda: state(hass, "sensor", str(spare.unique_id), "working_status") == "idle"
    )


async def test_an_engine_that_was_found_begins_a_group(
    hass: HomeAssistant, outpost: OutpostLab
) -> None:
    assert (await found(hass, outpost, is_paired="yes"))["reason"] == "engine_taken"
    flow = GroupFlow(hass, await found(hass, outpost))
    assert flow.result["step_id"] == "engine"
    await flow.enter(way(outpost))
    await flow.enter(OPTIONS)
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY


async def test_an_engine_is_changed_and_paired_anew(
    hass: HomeAssistant, outpost: OutpostLab
) -> None:
    entry = await paired(hass, outpost)
    (spare,) = entry.subentries.values()
    flow = await Flow.change(hass, entry, spare)
    assert flow.result["menu_options"] == ["engine_address", "engine_standby", "preference"]
    await flow.choose("engine_standby")
    await flow.enter({**OPTIONS, "ring_seconds": 3})
    assert flow.error == "ring_too_short"
    await flow.enter({**OPTIONS, "standby": "cold"})
    assert flow.result["reason"] == "reconfigure_successful"
    assert entry.runtime_data.units[0].way.standby == "cold"

    flow = await Flow.change(hass, entry, spare)
    await flow.choose("engine_address")
    await flow.enter({**address(outpost), "port": 1})
    assert flow.error == "no_engine"
    await flow.enter(address(outpost))
    assert flow.result["reason"] == "reconfigure_successful"


@asynccontextmanager
async def impostor(host: str, engine: str, folder: Path) -> AsyncIterator[int]:
    """Somebody at a port who calls himself what an engine is called."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greeting = Greeting(
            protocol=PROTOCOL, version="0.1.0", engine=engine, nonce=nonce(), paired=True, salt="0"
        )
        say(writer, greeting)
        await writer.drain()

    context = certificate(folder / "impostor.pem").context
    async with await asyncio.start_server(greet, host, 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]
        server.close_clients()


async def test_another_engine_is_not_taken_for_the_one_that_is_paired(
    hass: HomeAssistant, outpost: OutpostLab, tmp_path: Path
) -> None:
    entry = await paired(hass, outpost)
    (spare,) = entry.subentries.values()
    flow = await Flow.change(hass, entry, spare)
    await flow.choose("engine_address")
    other = OutpostLab(tmp_path / "other")
    async with other.engine():
        await flow.enter(address(other))
    assert flow.error == "other_engine"
    engine = entry.runtime_data.units[0].way.pairing.engine
    async with impostor(other.host, engine, tmp_path) as port:
        await flow.enter({"host": other.host, "port": port})
    assert flow.error == "other_engine"
    await flow.enter(address(outpost))
    assert flow.result["reason"] == "reconfigure_successful"


async def test_an_engine_that_was_unpaired_is_paired_anew(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    outpost = OutpostLab(tmp_path / "outpost")
    async with outpost.engine():
        await eventually(lambda: bool(outpost.codes))
        entry = await paired(hass, outpost)
    (spare,) = entry.subentries.values()
    before = entry.runtime_data.units[0].way.pairing
    async with outpost.engine("--unpair"):
        await eventually(lambda: len(outpost.codes) > 1)
        flow = await Flow.change(hass, entry, spare)
        await flow.choose("engine_address")
        await flow.enter(way(outpost))
        assert flow.result["reason"] == "reconfigure_successful"
        after = entry.runtime_data.units[0].way.pairing
        assert (after.engine, after.group) == (before.engine, before.group)
        assert after.key != before.key
        await eventually(
            lambda: state(hass, "binary_sensor", str(spare.unique_id), "connection") == "on"
        )
        await hass.config_entries.async_unload(entry.entry_id)


async def test_an_engine_that_is_too_old_to_decide_goes_on_and_is_told_of(
    hass: HomeAssistant, outpost: OutpostLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_spare, "RESUME", "what it does not know")
    entry = await paired(hass, outpost)
    (spare,) = entry.subentries.values()
    await eventually(lambda: [it.translation_key for it in issues(hass)] == ["engine_too_old"])
    await eventually(
        lambda: state(hass, "sensor", str(spare.unique_id), "working_status") == "idle"
    )
