"""Conditions about recorders."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.condition import (
    ConditionChecker,
    async_from_config,
    async_get_all_descriptions,
    async_validate_condition_config,
)
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nvr_hotspare.condition import CONDITIONS
from custom_components.nvr_hotspare.const import DOMAIN
from tests.integration.lab import device_id, eventually, state
from virtual_nvr.nvr.unit import VirtualNvr


async def checker(
    hass: HomeAssistant, key: str, target: dict[str, Any], **options: Any
) -> ConditionChecker:
    config = {"condition": f"{DOMAIN}.{key}", "target": target, "options": options}
    valid = await async_validate_condition_config(hass, cv.CONDITION_SCHEMA(config))
    return await async_from_config(hass, valid)


@pytest.fixture(autouse=True)
async def _set_up(hass: HomeAssistant) -> None:
    """Set up the integration, whose conditions are there without any group."""
    assert await async_setup_component(hass, DOMAIN, {})
    assert await async_setup_component(hass, "automation", {})


def register(hass: HomeAssistant, platform: str, key: str, name: str) -> str:
    config = MockConfigEntry(domain=DOMAIN)
    config.add_to_hass(hass)
    entry = er.async_get(hass).async_get_or_create(
        platform,
        DOMAIN,
        f"{name}_{key}",
        config_entry=config,
        translation_key=key,
        object_id_base=f"{name}_{key}",
    )
    return entry.entity_id


@pytest.mark.usefixtures("entry")
async def test_a_recorder_is_protected_until_it_is_backed_up(
    hass: HomeAssistant, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    device = {"device_id": device_id(hass, nvr)}
    is_protected = await checker(hass, "is_protected", device)
    is_backing_up = await checker(hass, "is_backing_up", device)
    spare_is = await checker(hass, "is_backing_up", {"device_id": device_id(hass, spare)})
    assert is_protected.async_check()
    assert not is_backing_up.async_check()
    await hass.services.async_call(DOMAIN, "take_over", device, blocking=True)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await eventually(lambda: state(hass, "sensor", spare, "working_status") == "backing_up")
    assert is_backing_up.async_check()
    assert not spare_is.async_check()


async def test_any_or_all_of_several_recorders_can_be_asked_about(hass: HomeAssistant) -> None:
    nvrs = [register(hass, "binary_sensor", "spare_ready", name) for name in ("one", "two")]
    any_of = await checker(hass, "is_protected", {"entity_id": nvrs}, behavior="any")
    all_of = await checker(hass, "is_protected", {"entity_id": nvrs}, behavior="all")
    hass.states.async_set(nvrs[0], "on")
    hass.states.async_set(nvrs[1], "off")
    assert (any_of.async_check(), all_of.async_check()) == (True, False)
    hass.states.async_set(nvrs[1], "on")
    assert (any_of.async_check(), all_of.async_check()) == (True, True)


async def test_it_can_be_asked_whether_it_has_been_so_for_long(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    nvr = register(hass, "sensor", "working_status", "nvr")
    hass.states.async_set(nvr, "backing_up", {"cause": "drill"})
    long = await checker(hass, "is_backing_up", {"entity_id": nvr}, **{"for": {"minutes": 5}})
    freezer.tick(timedelta(minutes=4))
    hass.states.async_set(nvr, "backing_up", {"cause": "silence"})
    assert not long.async_check()
    freezer.tick(timedelta(minutes=1))
    assert long.async_check()


async def test_every_condition_is_described(hass: HomeAssistant) -> None:
    described = await async_get_all_descriptions(hass)
    ours = {key for key in described if key.startswith(f"{DOMAIN}.")}
    assert ours == {f"{DOMAIN}.{key}" for key in CONDITIONS}
    for key in ours:
        description = described[key]
        assert description is not None
        (target,) = description["target"]["entity"]
        assert target["integration"] == DOMAIN
