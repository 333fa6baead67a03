"""The blueprints: loaded and imported as Home Assistant does it, and run."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
import json
from pathlib import Path
import re
import shutil
from typing import Any
from urllib.parse import unquote

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.automation.helpers import async_get_blueprints
from homeassistant.components.blueprint.importer import fetch_blueprint_from_url
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.components.persistent_notification import DOMAIN as NOTIFICATIONS
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker

from custom_components.nvr_hotspare.const import DOMAIN
from tests.integration.lab import Lab, device_id, eventually, state
from virtual_nvr.nvr.unit import VirtualNvr

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "custom_components" / DOMAIN / "blueprints" / "automation" / DOMAIN
NAMES = ("outage_notification", "power_cycle", "weekly_drill")
REPOSITORY = json.loads((FOLDER.parents[2] / "manifest.json").read_text())["documentation"]
BUTTON = re.compile(
    r"\[!\[[^]]+\]\(https://my\.home-assistant\.io/badges/blueprint_import\.svg\)\]"
    r"\(https://my\.home-assistant\.io/redirect/blueprint_import/\?blueprint_url=([^)]+)\)"
)

type Use = Callable[..., Awaitable[list[ServiceCall]]]
type Notifications = Callable[[], dict[str, dict[str, Any]]]

TELL = [{"action": "test.told", "data": {"title": "{{ title }}", "message": "{{ message }}"}}]


@pytest.fixture
def notifications(hass: HomeAssistant) -> Notifications:
    """Return what Home Assistant notifies of."""
    return lambda: hass.data.get(NOTIFICATIONS, {})


@pytest.fixture
async def use(hass: HomeAssistant, builtin_home: Path) -> AsyncIterator[Use]:
    """Make an automation of a blueprint that is where users have theirs."""
    folder = builtin_home / "config" / "blueprints" / "automation" / DOMAIN
    await hass.async_add_executor_job(shutil.copytree, FOLDER, folder)

    async def use(name: str, **values: Any) -> list[ServiceCall]:
        assert await async_setup_component(hass, NOTIFICATIONS, {})
        told: list[ServiceCall] = async_mock_service(hass, "test", "told")
        blueprint = {"path": f"{DOMAIN}/{name}.yaml", "input": {"tell": TELL, **values}}
        automation = {"alias": "test", "use_blueprint": blueprint}
        assert await async_setup_component(hass, "automation", {"automation": automation})
        await hass.async_block_till_done()
        assert (found := hass.states.get("automation.test")) is not None
        assert found.state == "on"
        return told

    yield use
    if hass.states.get("automation.test"):
        target = {"entity_id": "automation.test"}
        await hass.services.async_call("automation", "turn_off", target, blocking=True)


@pytest.mark.usefixtures("use")
async def test_every_blueprint_is_valid(hass: HomeAssistant) -> None:
    found = await async_get_blueprints(hass).async_get_blueprints()
    assert set(found) == {f"{DOMAIN}/{name}.yaml" for name in NAMES}
    for name, blueprint in found.items():
        assert isinstance(blueprint, Blueprint), name
        assert blueprint.validate() is None
        assert blueprint.name.startswith("NVR Hot Spare: ")
        assert blueprint.metadata["description"]
        assert all(it["name"] and it["description"] for it in blueprint.inputs.values())


async def test_readme_has_a_button_that_imports_each(
    hass: HomeAssistant, aioclient_mock: AiohttpClientMocker
) -> None:
    buttons = BUTTON.findall((ROOT / "README.md").read_text())
    urls = {unquote(url) for url in buttons}
    folder = FOLDER.relative_to(ROOT)
    assert urls == {f"{REPOSITORY}/blob/main/{folder}/{name}.yaml" for name in NAMES}
    for url in urls:
        path = url.removeprefix(f"{REPOSITORY}/blob/main/")
        text = await hass.async_add_executor_job((ROOT / path).read_text)
        raw = url.replace("github.com", "raw.githubusercontent.com").replace("/blob", "")
        aioclient_mock.get(raw, text=text, status=HTTPStatus.OK)
        imported = await fetch_blueprint_from_url(hass, url)
        assert imported.blueprint.metadata["source_url"] == url
        assert f"source_url: {url}" in text
        Blueprint(
            imported.blueprint.data,
            expected_domain="automation",
            schema=AUTOMATION_BLUEPRINT_SCHEMA,
        )


@pytest.mark.usefixtures("entry")
async def test_an_outage_is_one_notification_that_becomes_its_report(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, use: Use, notifications: Notifications
) -> None:
    told = await use("outage_notification", recorders=[device_id(hass, nvr)])
    name = f"NVR Hot Spare Virtual NVR ({nvr.config.host})"
    await lab.stop("NVR-1")
    await eventually(lambda: len(told) == 1)
    ((key, shown),) = notifications().items()
    assert key.startswith("nvr_hotspare_")
    assert shown["title"] == told[0].data["title"] == "A spare records cameras"
    assert shown["message"] == told[0].data["message"]
    assert shown["message"].startswith(f"{name}: backing up by NVR Hot Spare Virtual NVR (")
    await lab.start(nvr.config)
    await eventually(lambda: len(told) == 2)
    ((again, report),) = notifications().items()
    assert again == key
    assert report["title"] == told[1].data["title"] == "Recorders are back"
    assert re.match(
        re.escape(name) + r": back after [\d.]+ min\. Noticed after [\d.]+ s, backed up after "
        r"[\d.]+ s; the footage of the last camera begins [\d.]+ s (before|after) the last "
        r"heartbeat\. The footage of the outage stays on NVR Hot Spare Virtual NVR",
        report["message"],
    )


class Recorder:
    """A recorder of which there is nothing but its entities."""

    def __init__(self, hass: HomeAssistant, name: str) -> None:
        config = MockConfigEntry(domain=DOMAIN)
        config.add_to_hass(hass)
        self._hass = hass
        self.device = dr.async_get(hass).async_get_or_create(
            config_entry_id=config.entry_id, identifiers={(DOMAIN, name)}, name=name
        )
        registry = er.async_get(hass)

        def entity(platform: str, key: str) -> str:
            return registry.async_get_or_create(
                platform,
                DOMAIN,
                f"{name}_{key}",
                config_entry=config,
                device_id=self.device.id,
                object_id_base=f"{name}_{key}",
                translation_key=key,
            ).entity_id

        self._status = entity("sensor", "working_status")
        self._last = entity("sensor", "last_outage")
        self._event = entity("event", "outage")
        hass.states.async_set(self._event, "unknown")
        self._set(self._status, "recording", cause=None, incident=None)

    def _set(self, entity: str, state: str, **attributes: Any) -> None:
        self._hass.states.async_set(entity, state, attributes)

    async def becomes(self, status: str, incident: float, **attributes: Any) -> None:
        known = {"cause": "silence", "incident": incident, "spares": [], **attributes}
        self._set(self._status, status, **known)
        await self._hass.async_block_till_done()

    async def tells(self, happening: str, **report: Any) -> None:
        """Tell that an outage is over, or its footage given back."""
        self._set(self._status, "recording", cause=None, incident=None)
        now = dt_util.utcnow().isoformat()
        self._set(self._last, now, **report)
        self._set(self._event, now, event_type=happening, **report)
        await self._hass.async_block_till_done()


REPORT: dict[str, Any] = {
    "cause": "silence",
    "offline_for": 90.0,
    "noticed_after": 7.04,
    "backing_up_after": 8.0,
    "first_frame_after": {"1": -14.0, "2": -3.5},
    "not_backed_up": {},
}


async def test_failures_of_one_incident_are_one_notification(
    hass: HomeAssistant, use: Use, notifications: Notifications
) -> None:
    shop, hall, yard = (Recorder(hass, name) for name in ("Shop", "Hall", "Yard"))
    told = await use("outage_notification", recorders=[it.device.id for it in (shop, hall, yard)])

    def shown(incident: float = 100.5) -> dict[str, Any]:
        return notifications()[f"nvr_hotspare_{incident}"]

    await shop.becomes("not_backed_up", 100.5)
    assert (shown()["title"], len(told)) == ("Cameras are not recorded", 1)
    await shop.becomes("backing_up", 100.5, spares=["Spare"])
    assert shown()["message"] == "Shop: backing_up by Spare."
    missed = {"Door": "no_room", "Gate": "no_room"}
    await hall.becomes("backing_up", 100.5, spares=["Spare"], channels_not_backed_up=missed)
    assert shown()["title"] == "A spare records cameras"
    lines = ["Shop: backing_up by Spare.", "Hall: backing_up by Spare, but not Door, Gate."]
    assert shown()["message"].splitlines() == lines
    assert len(told) == 1

    await yard.becomes("backing_up", 300.5)
    assert (len(notifications()), len(told)) == (2, 2)
    assert told[1].data["message"] == "Yard: backing_up."

    await shop.tells("returned", incident=100.5, **REPORT, footage_kept="It stays on Spare.")
    back = (
        "Shop: back after 1.5 min. Noticed after 7.0 s, backed up after 8.0 s; the footage of the "
        "last camera begins 3.5 s before the last heartbeat. It stays on Spare."
    )
    assert shown()["message"].splitlines() == [lines[1], back]
    assert len(told) == 2
    missed = {"3": "no_room", "4": "no_room"}
    report = {**REPORT, "incident": 100.5, "first_frame_after": {"1": 2.25}}
    await hall.tells("returned", **report | {"not_backed_up": missed})
    assert told[2].data["title"] == shown()["title"] == "Recorders are back"
    assert (
        "begins 2.2 s after the last heartbeat; not recorded: channel 3, 4." in shown()["message"]
    )
    await shop.tells("synchronized", incident=100.5, **REPORT, footage_returned=90.2)
    assert "; 90 s of footage given back." in shown()["message"]
    assert len(told) == 3
    assert shown(300.5)["message"] == "Yard: backing_up."


@pytest.mark.usefixtures("entry")
async def test_a_takeover_by_hand_is_not_told(
    hass: HomeAssistant, nvr: VirtualNvr, use: Use, notifications: Notifications
) -> None:
    device = device_id(hass, nvr)
    told = await use("outage_notification", recorders=[device])
    target = {"device_id": device}
    await hass.services.async_call(DOMAIN, "take_over", target, blocking=True)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await hass.services.async_call(DOMAIN, "give_back", target, blocking=True)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    await hass.async_block_till_done()
    assert (told, notifications()) == ([], {})


async def drill_now(hass: HomeAssistant) -> None:
    """Have the automation run though it is not its time."""
    data = {"entity_id": "automation.test", "skip_condition": True}
    await hass.services.async_call("automation", "trigger", data, blocking=True)


@pytest.mark.usefixtures("entry")
async def test_the_weekly_drill_says_how_it_went(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, use: Use, notifications: Notifications
) -> None:
    told = await use("weekly_drill", recorders=[device_id(hass, nvr)])
    name = f"NVR Hot Spare Virtual NVR ({nvr.config.host})"
    await drill_now(hass)
    (shown,) = notifications().values()
    assert shown["title"] == f"{name}: drilled"
    assert re.match(r"A spare recorded all of its cameras after [\d.]+ s\.", shown["message"])
    assert told == []
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "binary_sensor", nvr, "connection") == "off")
    await drill_now(hass)
    (shown,) = notifications().values()
    assert shown["title"] == told[0].data["title"] == f"{name}: the drill was not good"
    assert shown["message"].startswith("It could not be drilled")


@pytest.mark.usefixtures("entry")
async def test_the_weekly_drill_tries_every_recorder_and_says_what_was_not_recorded(
    hass: HomeAssistant, nvr: VirtualNvr, use: Use, notifications: Notifications
) -> None:
    """One recorder can't be drilled, the other was with a bad end."""

    async def drill(call: ServiceCall) -> dict[str, Any]:
        if call.data["device_id"] == "gone":
            raise ServiceValidationError
        return {"drills": [{"good": False, "not_recorded": {"1": "no_room", "2": "no_source"}}]}

    device = device_id(hass, nvr)
    told = await use("weekly_drill", recorders=[device, "gone"])
    hass.services.async_register(DOMAIN, "drill", drill, supports_response=SupportsResponse.ONLY)
    await drill_now(hass)
    shown = [it["message"] for it in notifications().values()]
    assert shown[0] == "Not recorded: channel 1 (no_room), channel 2 (no_source)."
    assert shown[1].startswith("It could not be drilled")
    assert [it.data["message"] for it in told] == shown


async def test_the_weekly_drill_has_its_time(
    hass: HomeAssistant, use: Use, freezer: FrozenDateTimeFactory
) -> None:
    report: Any = {"drills": [{"good": True, "first_confirmed_after": {"1": 1.5}}]}
    calls = async_mock_service(hass, DOMAIN, "drill", response=report)
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to("2026-11-20 12:00:00")
    await use("weekly_drill", recorders=["any"], at="04:00:00")
    times = []
    for hours in range(72):
        freezer.move_to(datetime(2026, 11, 20, 12, 0, 1, tzinfo=UTC) + timedelta(hours=hours))
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
        times += [dt_util.utcnow()] * len(calls)
        calls.clear()
    assert [f"{it:%a %H:%M}" for it in times] == ["Sun 04:00"]


class Plug:
    """A smart plug that a recorder gets its power from."""

    def __init__(self, hass: HomeAssistant, lab: Lab, nvr: VirtualNvr) -> None:
        self._hass = hass
        self._lab = lab
        self._nvr = nvr
        self.is_of_use = True
        self.calls: list[str] = []
        for action in ("turn_on", "turn_off"):
            hass.services.async_register("switch", action, self._switch)
        hass.states.async_set("switch.plug", "on")

    async def _switch(self, call: ServiceCall) -> None:
        assert call.data["entity_id"] == ["switch.plug"]
        self.calls.append(call.service)
        self._hass.states.async_set("switch.plug", call.service.removeprefix("turn_"))
        if call.service == "turn_on" and self.is_of_use:
            await self._lab.start(self._nvr.config)


@pytest.fixture
def plug(hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr) -> Plug:
    assert entry.runtime_data
    return Plug(hass, lab, nvr)


@pytest.fixture
def cycle(hass: HomeAssistant, nvr: VirtualNvr, use: Use) -> Use:
    """Use the blueprint, in haste."""

    async def cycle(**more: Any) -> list[ServiceCall]:
        values: dict[str, Any] = {"recorder": device_id(hass, nvr), "plug": "switch.plug"}
        values |= {"offline_for": {"seconds": 0}, "off_for": {"seconds": 0}}
        return await use("power_cycle", **values | more)

    return cycle


async def test_a_recorder_that_is_offline_is_power_cycled(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, plug: Plug, cycle: Use
) -> None:
    told = await cycle(offline_for={"seconds": 1}, off_for={"milliseconds": 100})
    await lab.stop("NVR-1")
    await eventually(lambda: len(told) == 1)
    assert plug.calls == ["turn_off", "turn_on"]
    name = f"NVR Hot Spare Virtual NVR ({nvr.config.host})"
    assert told[0].data["title"] == f"{name} was power-cycled"
    assert told[0].data["message"].startswith("Its plug was switched off and on 1 time.")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")


async def test_power_is_left_alone_after_some_attempts(lab: Lab, plug: Plug, cycle: Use) -> None:
    plug.is_of_use = False
    told = await cycle(patience={"milliseconds": 100}, attempts=3)
    await lab.stop("NVR-1")
    await eventually(lambda: len(told) == 1)
    assert plug.calls == ["turn_off", "turn_on"] * 3
    assert told[0].data["title"].endswith("is still offline")
    assert told[0].data["message"].startswith("Its plug was switched off and on 3 times.")


async def test_a_plug_that_is_off_is_left_alone(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, plug: Plug, cycle: Use
) -> None:
    hass.states.async_set("switch.plug", "off")
    told = await cycle()
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await hass.async_block_till_done()
    assert (plug.calls, told) == ([], [])
