"""What the logbook says of recorders."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from homeassistant.components.recorder.core import Recorder
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nvr_hotspare.const import DOMAIN, EVENT_HAPPENED
from custom_components.nvr_hotspare.failover.commands import Announce
from custom_components.nvr_hotspare.failover.model import Happening, Reason
from custom_components.nvr_hotspare.logbook import async_describe_events
from custom_components.nvr_hotspare.reports.sentences import sentence
from tests.integration.lab import Lab, device_id, entity_id, eventually
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture(autouse=True)
def _our_integration(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Have a database, which is to be there before all else."""


def line(hass: HomeAssistant, event: Event) -> str:
    """Return an event as the logbook shows it."""
    described: dict[str, Callable[[Event], Mapping[str, Any]]] = {}
    async_describe_events(hass, lambda _, kind, describe: described.update({kind: describe}))
    entry = described[EVENT_HAPPENED](event)
    return f"{entry['name']} {entry['message']}"


async def test_an_outage_reads_like_sentences(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    assert entry.runtime_data
    events = async_capture_events(hass, EVENT_HAPPENED)

    def told(kind: str) -> list[Event]:
        return [event for event in events if event.data["type"] == kind]

    await lab.stop("NVR-1")
    await eventually(lambda: bool(told("backing_up")))
    await lab.start(nvr.config)
    await eventually(lambda: bool(told("returned")))
    name = f"NVR Hot Spare Virtual NVR ({nvr.config.host})"
    kinds = ("heartbeat_lost", "backing_up", "returned")
    lost, backed_up, returned = (line(hass, told(kind)[0]) for kind in kinds)
    assert lost.startswith(f"{name} does not answer: its last heartbeat was ")
    assert backed_up.startswith(f"{name} is backed up: NVR Hot Spare Virtual NVR (")
    assert returned.startswith(f"{name} is back after ")
    for event in events:
        assert event.data["device_id"] == device_id(hass, nvr)
        assert event.data["entity_id"] == entity_id(hass, "event", nvr, "event")


@pytest.mark.parametrize(
    ("happening", "data", "says"),
    [
        (
            Happening.HEARTBEAT_LOST,
            {"noticed_after": 9.25},
            "does not answer: its last heartbeat was 9 s ago",
        ),
        (
            Happening.NO_RECORD,
            {"channels": [2]},
            "answers, but does not record Camera 2",
        ),
        (
            Happening.NO_RECORD,
            {"channels": [1, 2]},
            "answers, but does not record Camera 1, Camera 2",
        ),
        (
            Happening.RETURNED,
            {"offline_for": 600.4},
            "is back after 10 min, and has its cameras back",
        ),
        (Happening.RETURNED, {"offline_for": None}, "has its cameras back"),
        (Happening.SYNCHRONIZED, {"footage_returned": 9000.0}, "has 2.5 h of footage back"),
        (
            Happening.SYNC_FAILED,
            {"reason": "folder_gone", "detail": "There is no such {folder}."},
            "does not get its footage back: There is no such {folder}.",
        ),
        (Happening.DRILLED, {"good": True}, "was drilled, and all of its cameras were recorded"),
        (
            Happening.DRILLED,
            {"good": False},
            "was drilled, and not all of its cameras were recorded",
        ),
        *[(Happening.NOT_BACKED_UP, {"reason": why.value}, "is offline, and") for why in Reason],
    ],
)
async def test_what_happens_is_told_in_a_sentence(
    hass: HomeAssistant, happening: Happening, data: dict[str, object], says: str
) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    said = Announce("NVR-1", happening, data)
    told = sentence(hass, said, {1: "Camera 1", 2: "Camera 2"}, ["Spare"])
    assert told.startswith(says)
    assert happening is Happening.NOT_BACKED_UP or told == says


async def test_the_logbook_shows_it(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    for component in ("http", "logbook", DOMAIN):
        assert await async_setup_component(hass, component, {})
    told = {"name": "Shop", "message": "has its cameras back", "entity_id": "event.shop_outage"}
    hass.bus.async_fire(EVENT_HAPPENED, told)
    await async_wait_recording_done(hass)
    begin = dt_util.utcnow() - timedelta(hours=1)
    answer = await (await hass_client()).get(f"/api/logbook/{begin.isoformat()}")
    (shown,) = [it for it in await answer.json() if it.get("domain") == DOMAIN]
    assert f"{shown['name']} {shown['message']}" == "Shop has its cameras back"
    assert shown["entity_id"] == "event.shop_outage"
