"""Triggers that say what happens to a recorder, in automations."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.trigger import async_get_all_descriptions
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.nvr_hotspare.const import DOMAIN
from custom_components.nvr_hotspare.failover.model import WorkingStatus
from custom_components.nvr_hotspare.trigger import TRIGGERS
from tests.integration.lab import Lab, device_id, entity_id, eventually, state
from virtual_nvr.nvr.unit import VirtualNvr


async def automate(hass: HomeAssistant, *triggers: dict[str, Any]) -> list[ServiceCall]:
    """Have each trigger call an action with what it tells; return the calls."""
    calls: list[ServiceCall] = async_mock_service(hass, "test", "told")
    action = {
        "action": "test.told",
        "data": {"trigger": "{{ trigger.platform }}", "entity": "{{ trigger.entity_id }}"},
    }
    automation = {"alias": "test", "mode": "parallel", "triggers": [*triggers], "actions": action}
    assert await async_setup_component(hass, "automation", {"automation": automation})
    await hass.async_block_till_done()
    assert (found := hass.states.get("automation.test"))
    assert found.state == "on"
    return calls


def told(calls: list[ServiceCall]) -> list[str]:
    """Return which triggers have fired since the last look."""
    names = [call.data["trigger"].removeprefix(f"{DOMAIN}.") for call in calls]
    calls.clear()
    return names


@pytest.fixture
def entity(hass: HomeAssistant) -> Callable[..., str]:
    """Register an entity, of ours unless another integration is named."""

    def register(platform: str, key: str, name: str, integration: str = DOMAIN, **more: Any) -> str:
        config = MockConfigEntry(domain=integration)
        config.add_to_hass(hass)
        entry = er.async_get(hass).async_get_or_create(
            platform,
            integration,
            f"{name}_{key}",
            config_entry=config,
            translation_key=key,
            object_id_base=f"{name}_{key}",
            **more,
        )
        return entry.entity_id

    return register


async def become(hass: HomeAssistant, entity: str, state: str, **attributes: Any) -> None:
    hass.states.async_set(entity, state, attributes)
    await hass.async_block_till_done()


@pytest.fixture(autouse=True)
async def _set_up(hass: HomeAssistant) -> None:
    """Set up the integration, whose triggers are there without any group."""
    assert await async_setup_component(hass, DOMAIN, {})


@pytest.mark.usefixtures("entry")
async def test_an_outage_is_triggered_on_from_its_beginning_to_its_end(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr
) -> None:
    target = {"target": {"device_id": device_id(hass, nvr)}}
    calls = await automate(hass, *({"trigger": f"{DOMAIN}.{key}", **target} for key in TRIGGERS))
    sources: dict[str, str] = {}

    def has(*names: str) -> bool:
        sources.update({call.data["trigger"]: call.data["entity"] for call in calls})
        return sources.keys() >= {f"{DOMAIN}.{name}" for name in names}

    await lab.stop("NVR-1")
    await eventually(lambda: has("lost_heartbeat", "started_backing_up"))
    assert not has("returned")
    await lab.start(nvr.config)
    await eventually(lambda: has("returned"))
    assert sources == {
        f"{DOMAIN}.lost_heartbeat": entity_id(hass, "binary_sensor", nvr, "connection"),
        f"{DOMAIN}.started_backing_up": entity_id(hass, "sensor", nvr, "working_status"),
        f"{DOMAIN}.returned": entity_id(hass, "event", nvr, "event"),
    }


@pytest.mark.usefixtures("entry")
async def test_a_drill_triggers_on_nothing(hass: HomeAssistant, nvr: VirtualNvr) -> None:
    target = {"target": {"device_id": device_id(hass, nvr)}}
    calls = await automate(hass, *({"trigger": f"{DOMAIN}.{key}", **target} for key in TRIGGERS))
    await hass.services.async_call(DOMAIN, "drill", target["target"], blocking=True)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    await hass.async_block_till_done()
    assert told(calls) == []


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("became_not_backed_up", WorkingStatus.NOT_BACKED_UP),
        ("started_backing_up", WorkingStatus.BACKING_UP),
        ("started_synchronizing", WorkingStatus.SYNCHRONIZING),
    ],
)
async def test_a_status_triggers_when_it_begins(
    hass: HomeAssistant, entity: Callable[..., str], key: str, status: WorkingStatus
) -> None:
    nvr = entity("sensor", "working_status", "nvr")
    calls = await automate(hass, {"trigger": f"{DOMAIN}.{key}", "target": {"entity_id": nvr}})
    await become(hass, nvr, "recording")
    for other in WorkingStatus:
        if other is not status:
            await become(hass, nvr, other)
    assert told(calls) == []
    await become(hass, nvr, status)
    await become(hass, nvr, status, channels_not_backed_up={"Hall": "no_room"})
    assert told(calls) == [key]
    await become(hass, nvr, "recording")
    await become(hass, nvr, status)
    assert told(calls) == [key]


async def test_a_drill_that_becomes_an_outage_is_backed_up(
    hass: HomeAssistant, entity: Callable[..., str]
) -> None:
    nvr = entity("sensor", "working_status", "nvr")
    key = "started_backing_up"
    calls = await automate(hass, {"trigger": f"{DOMAIN}.{key}", "target": {"entity_id": nvr}})
    await become(hass, nvr, "recording", cause=None)
    await become(hass, nvr, "backing_up", cause="drill")
    assert told(calls) == []
    await become(hass, nvr, "backing_up", cause="silence")
    assert told(calls) == [key]


async def test_only_what_is_meant_of_an_area_triggers(
    hass: HomeAssistant, entity: Callable[..., str]
) -> None:
    nvr = entity("sensor", "working_status", "nvr")
    others = [
        entity("sensor", "spare_status", "spare"),
        entity("sensor", "working_status", "foreign", integration="other"),
        entity("binary_sensor", "working_status", "nvr"),
    ]
    unknown = "sensor.of_nobody"
    registry = er.async_get(hass)
    for each in (nvr, *others):
        registry.async_update_entity(each, labels={"cellar"})
    key = "started_backing_up"
    calls = await automate(
        hass,
        {"trigger": f"{DOMAIN}.{key}", "target": {"label_id": "cellar", "entity_id": unknown}},
    )
    for each in (*others, unknown):
        await become(hass, each, "idle")
        await become(hass, each, "backing_up")
    assert told(calls) == []
    await become(hass, nvr, "recording")
    await become(hass, nvr, "backing_up")
    assert told(calls) == [key]


async def test_the_first_and_all_of_several_recorders_can_be_triggered_on(
    hass: HomeAssistant, entity: Callable[..., str]
) -> None:
    nvrs = [entity("binary_sensor", "connection", name) for name in ("one", "two")]
    trigger = {"trigger": f"{DOMAIN}.lost_heartbeat", "target": {"entity_id": nvrs}}
    calls = await automate(
        hass,
        {**trigger, "options": {"behavior": "first"}},
        {**trigger, "options": {"behavior": "all"}},
    )
    for nvr in nvrs:
        await become(hass, nvr, "on")
    await become(hass, nvrs[0], "off")
    assert [call.data["entity"] for call in calls] == nvrs[:1]
    await become(hass, nvrs[1], "off")
    assert [call.data["entity"] for call in calls] == nvrs


async def test_a_recorder_can_be_given_time_to_come_back(
    hass: HomeAssistant, entity: Callable[..., str]
) -> None:
    nvr = entity("binary_sensor", "connection", "nvr")
    calls = await automate(
        hass,
        {
            "trigger": f"{DOMAIN}.lost_heartbeat",
            "target": {"entity_id": nvr},
            "options": {"for": {"minutes": 5}},
        },
    )

    async def off_for(minutes: int) -> list[str]:
        await become(hass, nvr, "on")
        await become(hass, nvr, "off")
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=minutes, seconds=1))
        await hass.async_block_till_done()
        return told(calls)

    assert await off_for(4) == []
    assert await off_for(5) == ["lost_heartbeat"]


@pytest.mark.parametrize("key", ["returned", "synchronized"])
async def test_an_event_triggers_each_time_it_is_announced(
    hass: HomeAssistant, entity: Callable[..., str], key: str
) -> None:
    nvr = entity("event", "outage", "nvr")
    calls = await automate(hass, {"trigger": f"{DOMAIN}.{key}", "target": {"entity_id": nvr}})
    await become(hass, nvr, "unknown")
    await become(hass, nvr, "2026-11-20T12:00:00+00:00", event_type=key)
    assert told(calls) == [key]
    await become(hass, nvr, "2026-11-20T12:00:01+00:00", event_type="heartbeat_lost")
    assert told(calls) == []
    await become(hass, nvr, "2026-11-20T12:00:02+00:00", event_type=key)
    assert told(calls) == [key]
    await become(hass, nvr, "unavailable")
    await become(hass, nvr, "2026-11-20T12:00:02+00:00", event_type=key)
    assert told(calls) == []


async def test_every_trigger_is_described(hass: HomeAssistant) -> None:
    described = await async_get_all_descriptions(hass)
    ours = {key for key in described if key.startswith(f"{DOMAIN}.")}
    assert ours == {f"{DOMAIN}.{key}" for key in TRIGGERS}
    for key in ours:
        description = described[key]
        assert description is not None
        (target,) = description["target"]["entity"]
        assert target["integration"] == DOMAIN
