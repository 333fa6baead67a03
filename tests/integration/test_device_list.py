"""The Device List: adding a unit starts with the recorders that are found in the network."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest

from custom_components.nvr_hotspare.nvr.discovery import FoundUnit
from custom_components.nvr_hotspare.units import device_list
from tests.integration.flow import Flow
from tests.integration.lab import Lab, add_device, unit_input
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_list, "PATIENCE", 2.0)


def rows(flow: Flow) -> list[list[str]]:
    """Return the table that a user sees, without its head."""
    table: str = flow.result["description_placeholders"]["devices"]
    lines = table.splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def offered(flow: Flow) -> Any:
    """Return the field of the address."""
    schema = flow.result["data_schema"].schema
    return next(value for key, value in schema.items() if str(key) == "host")


async def test_recorders_are_listed_and_one_of_them_is_chosen(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, discovery_port: int
) -> None:
    cameras = await lab.cameras(1)
    first = await lab.nvr("NVR-1", cameras, discovery_port=discovery_port)
    await add_device(hass, group, first, cameras)
    second = await lab.nvr(
        "NVR-2", discovery_port=discovery_port, name="Barn [2]", model="VN-16", https=True
    )
    flow = await Flow.add(hass, group, "normal")
    listed = {row[2]: row for row in rows(flow)}
    assert sorted(row[0] for row in listed.values()) == ["1", "2"]
    assert listed[first.config.host][4] == "added"
    assert listed[second.config.host][4] == "not added"
    assert listed[second.config.host][1] == "Barn \\[2\\]"
    (option,) = offered(flow).config["options"]
    assert option["label"].endswith(f": Barn [2], {second.config.host}, VN-16")

    values = unit_input(second, host=option["value"], more={"username": "admin", "ssl": False})
    await flow.enter(values)
    assert flow.result["step_id"] == "certificate"
    await flow.enter({})
    assert flow.result["step_id"] == "channels"


async def test_where_nothing_is_found_an_address_is_entered(
    hass: HomeAssistant, group: ConfigEntry, nvr: VirtualNvr
) -> None:
    flow = await Flow.add(hass, group, "normal")
    assert "No recorder was found" in flow.result["description_placeholders"]["devices"]
    await flow.enter(unit_input(nvr, password="wrong"))
    assert flow.error == "invalid_auth"
    assert "No recorder was found" in flow.result["description_placeholders"]["devices"]
    await flow.enter(unit_input(nvr))
    assert flow.result["step_id"] == "channels"


async def test_an_address_that_is_not_listed_can_be_entered_all_the_same(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, nvr: VirtualNvr, discovery_port: int
) -> None:
    await lab.nvr("NVR-2", discovery_port=discovery_port)
    flow = await Flow.add(hass, group, "shared")
    assert len(rows(flow)) == 1
    await flow.enter(unit_input(nvr))
    assert flow.result["step_id"] == "preference"


def test_a_recorder_that_is_there_over_ipv6_too_is_listed_once() -> None:
    def found(reference: str, host: str) -> FoundUnit:
        return FoundUnit(
            reference=reference, host=host, port=80, https=False, name="", model="", records=True
        )

    both, again, only = found("a", "192.0.2.1"), found("a", "fd00::1"), found("b", "fd00::2")
    assert device_list._each_once([again, both, only]) == [both, only]
