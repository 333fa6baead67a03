"""What engines are told to do while Home Assistant is away: real engines of two machines."""

from collections.abc import Mapping
from pathlib import Path

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest

from custom_components.nvr_hotspare.engine.standing import StandingOrders, from_plain
from custom_components.nvr_hotspare.links.engine import EngineLink
from custom_components.nvr_hotspare.recorder.plain import Plain
from tests.engine.outpost_lab import OutpostLab
from tests.integration.flow import Flow, subentry_of
from tests.integration.lab import (
    CAMERA_PASSWORD,
    PASSWORD,
    add_builtin_group,
    add_device,
    eventually,
    state,
)
from tests.integration.test_engine_flow import OPTIONS, outpost, way
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr

__all__ = ["outpost"]


class Orders:
    """The orders that each engine has, and whether two ever had the same device."""

    def __init__(self) -> None:
        self.latest: dict[str, StandingOrders] = {}
        self.seqs: list[int] = []
        self.doubled = False

    def given(self, unit: str, orders: StandingOrders) -> None:
        self.latest[unit] = orders
        self.seqs.append(orders.seq)
        units = [device.device.unit for each in self.latest.values() for device in each.devices]
        self.doubled = self.doubled or len(set(units)) < len(units)

    def charge(self, unit: str) -> list[str] | None:
        orders = self.latest.get(unit)
        return None if orders is None else [it.device.unit for it in orders.devices]


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> Orders:
    """What engines are told from now on."""
    orders = Orders()
    appoint = EngineLink.appoint

    async def noted(link: EngineLink, plain: Mapping[str, Plain], seq: int) -> None:
        await appoint(link, plain, seq)
        orders.given(link.config.unit, from_plain(plain))

    monkeypatch.setattr(EngineLink, "appoint", noted)
    return orders


async def test_an_engine_is_told_all_that_it_needs(
    hass: HomeAssistant,
    orders: Orders,
    builtin_home: Path,
    nvr: VirtualNvr,
    cameras: list[VirtualCamera],
) -> None:
    entry = await add_builtin_group(hass, builtin_home / "footage")
    (spare,) = entry.subentries.values()
    await add_device(hass, entry, nvr, cameras)
    await eventually(lambda: orders.charge(str(spare.unique_id)) == ["NVR-1"])
    told = orders.latest[str(spare.unique_id)]
    (device,) = told.devices
    assert device.endpoint.host == nvr.config.host
    assert device.credentials.password == PASSWORD
    assert [it.place.source.uri for it in device.cameras] == [it.uri for it in cameras]
    assert {it.place.source.password for it in device.cameras} == {CAMERA_PASSWORD}
    assert told.spare.local
    assert len(told.witnesses) == 2
    assert set(told.journal["devices"]) == {"NVR-1"}  # type: ignore[arg-type]  # a mapping
    assert told.silence == 15.0
    hass.config_entries.async_update_entry(entry, options={"away_after": 40})
    await eventually(lambda: orders.latest[str(spare.unique_id)].silence == 40.0)

    device_entry = subentry_of(entry, nvr)
    hass.config_entries.async_update_subentry(
        entry, device_entry, data={**device_entry.data, "protected": False}
    )
    await eventually(lambda: orders.charge(str(spare.unique_id)) == [])
    assert orders.seqs == sorted(set(orders.seqs))


async def test_a_device_is_in_the_charge_of_one_engine_at_most(
    hass: HomeAssistant,
    orders: Orders,
    builtin_home: Path,
    *,
    nvr: VirtualNvr,
    cameras: list[VirtualCamera],
    outpost: OutpostLab,
) -> None:
    entry = await add_builtin_group(hass, builtin_home / "footage")
    await add_device(hass, entry, nvr, cameras)
    flow = await Flow.add(hass, entry, "hot_spare")
    await flow.choose("engine")
    await flow.enter(way(outpost))
    await flow.enter(OPTIONS)
    await flow.enter({"preference": 2})
    here, there = spares(entry)
    await eventually(lambda: (orders.charge(here), orders.charge(there)) == (["NVR-1"], []))

    subentry = next(it for it in entry.subentries.values() if it.unique_id == here)
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, "preference": 3}
    )
    await eventually(lambda: (orders.charge(here), orders.charge(there)) == ([], ["NVR-1"]))
    assert not orders.doubled

    hass.config_entries.async_remove_subentry(
        entry, next(it.subentry_id for it in entry.subentries.values() if it.unique_id == there)
    )
    await eventually(lambda: orders.charge(here) == ["NVR-1"])
    await eventually(lambda: len(outpost.codes) == 2)
    assert state(hass, "sensor", here, "working_status") == "idle"


def spares(entry: ConfigEntry) -> tuple[str, str]:
    """Return the built-in spare and the other one."""
    units = {it.data["driver"]: str(it.unique_id) for it in entry.subentries.values()}
    return units["builtin"], units["engine"]
