"""The options of a group: they count as soon as they are entered."""

from datetime import time
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.nvr_hotspare.const import CONF_ADMINS_ONLY
from custom_components.nvr_hotspare.flows import options as options_flow
from custom_components.nvr_hotspare.settings.giving import GivingPace
from custom_components.nvr_hotspare.settings.group import (
    DAILY,
    WEEKDAYS,
    GroupOptions,
    MaintenanceWindow,
)
from tests.integration.flow import subentry_of
from tests.integration.lab import Lab, add_device, add_group
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr

CALM = {"bandwidth_mbit": 20.5, "concurrent": 1, "admins_only": True}
NIGHT = {"window_from": "22:00:00", "window_to": "06:00:00"}
SUNDAYS = {"weekday": "Sunday", "start": "03:00:00", "minutes": 30, "units": ["SPARE"]}
FAILURES = {
    "no_record": 90,
    "gateway": "192.168.1.1",
    "ups": "binary_sensor.mains",
    "maintenance": [SUNDAYS],
}
DRILLS = {"drill_every": 7, "drill_at": "04:00:00", "drill_max_age": 30}


@pytest.fixture
async def entry(hass: HomeAssistant, spare: VirtualNvr) -> ConfigEntry:
    return await add_group(hass, spare)


async def show(hass: HomeAssistant, entry: ConfigEntry, subject: str) -> Any:
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    assert flow["type"] is FlowResultType.MENU
    assert flow["menu_options"] == options_flow.SUBJECTS
    return await hass.config_entries.options.async_configure(
        flow["flow_id"], {"next_step_id": subject}
    )


async def enter(
    hass: HomeAssistant, entry: ConfigEntry, subject: str, values: dict[str, Any]
) -> Any:
    form = await show(hass, entry, subject)
    return await hass.config_entries.options.async_configure(form["flow_id"], values)


def suggested(result: Any) -> dict[str, Any]:
    return {
        str(key): key.description["suggested_value"]
        for key in result["data_schema"].schema
        if key.description
    }


async def test_a_group_begins_without_limits(hass: HomeAssistant, entry: ConfigEntry) -> None:
    shown = suggested(await show(hass, entry, "giving_back"))
    assert shown == {"bandwidth_mbit": 0.0, "concurrent": 2, "admins_only": False}
    assert suggested(await show(hass, entry, "failures")) == {"no_record": 60, "maintenance": []}
    shown = suggested(await show(hass, entry, "drills"))
    assert shown == {"drill_every": 0, "drill_at": "03:30:00", "drill_max_age": 0}


async def test_what_is_entered_counts_and_is_shown_again(
    hass: HomeAssistant, entry: ConfigEntry
) -> None:
    result = await enter(hass, entry, "giving_back", CALM | NIGHT)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    pace = GivingPace.from_options(entry.options)
    assert pace.pace.bandwidth == 2_562_500
    assert (pace.begins, pace.ends) == (time(22), time(6))
    assert entry.options[CONF_ADMINS_ONLY]
    assert suggested(await show(hass, entry, "giving_back")) == CALM | NIGHT


async def test_each_subject_leaves_the_others_as_they_are(
    hass: HomeAssistant, entry: ConfigEntry
) -> None:
    for subject, values in (
        ("giving_back", CALM | NIGHT),
        ("failures", FAILURES),
        ("drills", DRILLS),
    ):
        done = await enter(hass, entry, subject, values)
        assert done["type"] is FlowResultType.CREATE_ENTRY
    sundays = MaintenanceWindow(weekday=6, start="03:00:00", minutes=30, units=("SPARE",))
    assert GroupOptions.from_options(entry.options) == GroupOptions(
        no_record=90,
        gateway="192.168.1.1",
        ups="binary_sensor.mains",
        maintenance=(sundays,),
        drill_every=7,
        drill_at="04:00:00",
        drill_max_age=30,
    )
    assert suggested(await show(hass, entry, "giving_back")) == CALM | NIGHT
    assert suggested(await show(hass, entry, "failures")) == FAILURES
    assert suggested(await show(hass, entry, "drills")) == DRILLS


async def test_days_of_maintenance_are_listed_in_the_language_of_home_assistant(
    hass: HomeAssistant, entry: ConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    german = {day: f"{day} auf Deutsch" for day in (DAILY, *WEEKDAYS)}

    async def selector_texts(*_: object) -> dict[str, str]:
        return german

    monkeypatch.setattr(options_flow, "selector_texts", selector_texts)
    windows = [SUNDAYS | {"weekday": day} for day in german.values()]
    await enter(hass, entry, "failures", FAILURES | {"maintenance": windows})
    stored = GroupOptions.from_options(entry.options).maintenance
    assert [window.weekday for window in stored] == [None, 0, 1, 2, 3, 4, 5, 6]

    form = await show(hass, entry, "failures")
    assert suggested(form)["maintenance"] == windows
    # The frontend shows what is in this field as the headline of each window, as it is.
    config = form["data_schema"].schema["maintenance"].config
    assert config["label_field"] == "weekday"
    assert config["fields"]["weekday"]["selector"].config["options"] == [*german.values()]


async def test_what_is_left_out_is_no_more(hass: HomeAssistant, entry: ConfigEntry) -> None:
    await enter(hass, entry, "giving_back", CALM | NIGHT)
    await enter(hass, entry, "giving_back", CALM)
    assert GivingPace.from_options(entry.options).begins is None
    await enter(hass, entry, "failures", FAILURES)
    await enter(hass, entry, "failures", {"no_record": 60})
    assert GroupOptions.from_options(entry.options) == GroupOptions()


async def test_half_a_window_is_refused_and_can_be_completed(
    hass: HomeAssistant, entry: ConfigEntry
) -> None:
    result = await enter(hass, entry, "giving_back", CALM | {"window_to": "06:00:00"})
    assert result["errors"] == {"base": "half_a_window"}
    done = await hass.config_entries.options.async_configure(result["flow_id"], CALM | NIGHT)
    assert done["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"gateway": "http://router"}, "invalid_gateway"),
        ({"gateway": "192.168.1.256"}, "invalid_gateway"),
        ({"gateway": "192.168.1.1:80"}, "invalid_gateway"),
        ({"gateway": "a..b"}, "invalid_gateway"),
        ({"maintenance": [SUNDAYS, SUNDAYS | {"minutes": 0}]}, "window_minutes"),
        ({"maintenance": [SUNDAYS | {"minutes": 1441}]}, "window_minutes"),
        ({"maintenance": [SUNDAYS | {"minutes": 1.5}]}, "window_minutes"),
    ],
)
async def test_failures_that_make_no_sense_are_asked_again(
    hass: HomeAssistant, entry: ConfigEntry, changes: dict[str, Any], error: str
) -> None:
    result = await enter(hass, entry, "failures", FAILURES | changes)
    assert result["errors"] == {"base": error}
    assert suggested(result) == FAILURES | changes
    done = await hass.config_entries.options.async_configure(result["flow_id"], FAILURES)
    assert done["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("gateway", ["router", "router.lan.", "fd00::1", "192.168.1.1", ""])
async def test_a_gateway_has_a_name_or_an_address(
    hass: HomeAssistant, entry: ConfigEntry, gateway: str
) -> None:
    await enter(hass, entry, "failures", FAILURES | {"gateway": f" {gateway} "})
    assert GroupOptions.from_options(entry.options).gateway == gateway


async def test_a_drill_that_is_always_too_old_is_refused(
    hass: HomeAssistant, entry: ConfigEntry
) -> None:
    result = await enter(hass, entry, "drills", DRILLS | {"drill_max_age": 6})
    assert result["errors"] == {"base": "drill_age"}
    assert result["description_placeholders"] == {"every": "7", "age": "6"}
    done = await hass.config_entries.options.async_configure(
        result["flow_id"], DRILLS | {"drill_at": "4:05", "drill_max_age": 7}
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert GroupOptions.from_options(entry.options).drill_at == "04:05:00"


async def test_units_that_are_gone_are_no_longer_in_a_window(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    cameras: list[VirtualCamera],
) -> None:
    nvr = await lab.nvr("NVR-1", cameras)
    await add_device(hass, entry, nvr, cameras)
    windows = [
        SUNDAYS | {"units": ["SPARE", "NVR-1"]},
        SUNDAYS | {"units": ["NVR-1"]},
        SUNDAYS | {"units": []},
    ]
    await enter(hass, entry, "failures", FAILURES | {"maintenance": windows})
    hass.config_entries.async_remove_subentry(entry, subentry_of(entry, nvr).subentry_id)
    await hass.async_block_till_done()
    shown = suggested(await show(hass, entry, "failures"))["maintenance"]
    assert [window["units"] for window in shown] == [["SPARE"], []]


HEARTBEATS = {"interval": 10, "offline_after": 30, "slow_after": 60, "away_after": 20}
FAILBACK_NIGHT = {"failback": "window", "failback_from": "22:00:00", "failback_to": "06:00:00"}


async def test_heartbeats_and_bounds_are_shown_as_they_are_and_kept(
    hass: HomeAssistant, entry: ConfigEntry
) -> None:
    form = await show(hass, entry, "heartbeats")
    assert suggested(form) == {
        "interval": 5,
        "offline_after": 10,
        "slow_after": 30,
        "away_after": 15,
    }
    result = await enter(hass, entry, "heartbeats", HEARTBEATS)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert suggested(await show(hass, entry, "heartbeats")) == HEARTBEATS


@pytest.mark.parametrize(
    ("wrong", "error", "least"),
    [
        ({"offline_after": 19}, "offline_too_soon", "20"),
        ({"slow_after": 29}, "slow_too_soon", "30"),
    ],
)
async def test_bounds_that_one_lost_heartbeat_would_break_are_refused(
    hass: HomeAssistant, entry: ConfigEntry, wrong: dict[str, int], error: str, least: str
) -> None:
    result = await enter(hass, entry, "heartbeats", HEARTBEATS | wrong)
    assert result["errors"] == {"base": error}
    assert result["description_placeholders"]["least"] == least
    result = await hass.config_entries.options.async_configure(result["flow_id"], HEARTBEATS)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    "wrong",
    [{}, {"failback_from": "22:00:00"}, {"failback_from": "22:00:00", "failback_to": "22:00:00"}],
)
async def test_a_window_for_the_return_has_two_times(
    hass: HomeAssistant, entry: ConfigEntry, wrong: dict[str, str]
) -> None:
    assert suggested(await show(hass, entry, "failback")) == {"failback": "auto"}
    result = await enter(hass, entry, "failback", {"failback": "window", **wrong})
    assert result["errors"] == {"base": "window_needed"}
    result = await hass.config_entries.options.async_configure(result["flow_id"], FAILBACK_NIGHT)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert suggested(await show(hass, entry, "failback")) == FAILBACK_NIGHT
