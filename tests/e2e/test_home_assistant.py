"""The integration in a real Home Assistant process, driven over HTTP as its frontend does.

One site and one Home Assistant serve all tests of this module, in the order of a first evening:
setting up, an outage, a look at the dashboard, taking it all away.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
import json
from pathlib import Path
import time
from typing import Any

import pytest
import pytest_asyncio

from scripts.lab import home_assistant, integration, site
from scripts.lab.browser import signed_in
from scripts.lab.complaints import complaints
from scripts.lab.home_assistant import HomeAssistant
from scripts.lab.site import Plan, Site
from scripts.lab.state_log import StateLog
from tests.e2e.secrecy import (
    ENTRIES as CONFIGURATION,
    answers_that_tell,
    files_that_tell,
    passwords_of,
    processes_that_tell,
)
from virtual_nvr.verify import count, verify

PORT, SUBNET = 18124, 6
ENTRIES = "/api/config/config_entries"
SUBENTRIES = f"{ENTRIES}/subentries/flow"

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(500)]


@dataclass(kw_only=True)
class Evening:
    """The site, Home Assistant, and what the tests before have set up."""

    site: Site
    home: HomeAssistant
    config: Path
    log: StateLog
    entry_id: str = ""
    shown: integration.DeviceEntities = field(init=False)
    spare: integration.SpareEntities = field(init=False)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def evening(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Evening]:
    """Everything, running."""
    folder = tmp_path_factory.mktemp("evening")
    config = folder / "home-assistant"
    config.mkdir()
    plan = Plan(working_devices=1, channels=2, subnet=SUBNET)
    async with (
        site.running(plan, folder / "site") as here,
        home_assistant.running(config, PORT) as home,
    ):
        yield Evening(site=here, home=home, config=config, log=StateLog(lambda _: None))


async def test_setting_up_the_spare_recovers_from_every_mistake(evening: Evening) -> None:
    home, spare = evening.home, evening.site.spare
    form = await home.flow(f"{ENTRIES}/flow", integration.DOMAIN, {"next_step_id": "recorder"})
    path = f"{ENTRIES}/flow/{form['flow_id']}"
    right = integration.account(spare)

    async def errors(answer: dict[str, Any]) -> dict[str, str]:
        step: dict[str, Any] = await home.request("POST", path, answer)
        assert step["type"] == "form", step
        found: dict[str, str] = step["errors"]
        return found

    closed = {**right, "more": {**right["more"], "port": 9}}
    assert await errors(closed) == {"base": "cannot_connect"}
    web_server = {**right, "host": "127.0.0.1", "more": {**right["more"], "port": PORT}}
    assert await errors(web_server) == {"base": "not_onvif"}
    assert await errors({**right, "password": "wrong"}) == {"base": "invalid_auth"}
    busy = integration.account(evening.site.working[0])
    assert await errors(busy) == {"base": "busy_recording"}

    step = await home.request("POST", path, right)
    assert step["type"] == "create_entry"
    evening.entry_id = step["result"]["entry_id"]
    await home.request("DELETE", f"{SUBENTRIES}/{step['next_flow'][1]}")
    evening.spare = await integration.spare_entities(home, spare.serial)


async def test_adding_a_working_device_tests_its_cameras(evening: Evening) -> None:
    home, device = evening.home, evening.site.working[0]
    form = await home.flow(
        SUBENTRIES,
        [evening.entry_id, "unit"],
        {"next_step_id": "normal"},
        integration.account(device),
    )
    path = f"{SUBENTRIES}/{form['flow_id']}"
    channels = integration.suggestion(form, "channels")
    assert [channel["name"] for channel in channels] == list(device.cameras)
    wrong = {"channels": channels, "account": {"username": "admin", "password": "wrong"}}
    step = await home.request("POST", path, wrong)
    assert step["type"] == "menu", step
    refused = step["description_placeholders"]["verdicts"]
    await home.request("POST", path, {"next_step_id": "channels"})
    account = {"username": "admin", "password": evening.site.camera_password}
    step = await home.request("POST", path, {"channels": channels, "account": account})
    accepted = step["description_placeholders"]["verdicts"]
    assert accepted != refused
    assert "1920" in accepted
    step = await home.request("POST", path, {"next_step_id": "save"})
    assert step["step_id"] == "no_record"
    step = await home.request("POST", path, {"covers_no_record": False})
    assert step["step_id"] == "give_back"
    step = await home.request("POST", path, {"next_step_id": "keep"})
    assert step["type"] == "create_entry"

    evening.shown = shown = await integration.device_entities(home, device.serial)
    await evening.log.follow(home)
    await evening.log.wait_for(
        "a calm site",
        lambda s: (
            s[shown.connection] == "on"
            and s[shown.working_status] == "recording"
            and s[shown.spare_ready] == "on"
            and s[evening.spare.working_status] == "idle"
        ),
        120,
    )


async def test_an_outage_goes_on_across_a_kill_of_home_assistant(evening: Evening) -> None:
    home, device, shown = evening.home, evening.site.working[0], evening.shown
    await device.program.kill()
    await evening.log.wait_for("BACKING UP", lambda s: s[shown.working_status] == "backing_up", 90)
    await asyncio.sleep(2)  # the journal is written a moment after the status is shown
    recorded_from = time.time() + 4  # the camera with the long GOP begins with its key frame
    await home.program.kill()
    await home.disconnect()
    evening.log = StateLog(lambda _: None)
    await home.start()
    await evening.log.follow(home)
    await asyncio.sleep(12)  # longer than it takes to notice an outage
    statuses = [c.state for c in evening.log.changes if c.entity_id == shown.working_status]
    # Seen while Home Assistant was still restoring its entities, or already with its value.
    assert [s for s in statuses if s not in {"unavailable", "unknown"}] == ["backing_up"]

    async with signed_in(home) as page:
        address = await integration.add_dashboard(home)
        await page.goto(address)
        await page.get_by_text("Backing up").first.wait_for(timeout=90_000)

    recorded_until = time.time() - 3
    await device.program.start_and_wait()
    await evening.log.wait_for(
        "recording again, the spare idle",
        lambda s: (
            s[shown.working_status] == "recording" and s[evening.spare.working_status] == "idle"
        ),
        180,
    )
    window = [round(moment * 1e9) for moment in (recorded_from, recorded_until)]
    held = await asyncio.to_thread(verify, [evening.site.spare.folder], *window)
    assert {camera: count(report.missing) for camera, report in held.items()} == {1: 0, 2: 0}


async def test_a_removed_unit_leaves_the_spare_only_what_the_user_keeps(evening: Evening) -> None:
    home = evening.home
    subentries = await home.call("config_entries/subentries/list", entry_id=evening.entry_id)
    serial = evening.site.working[0].serial
    (unit,) = [s for s in subentries if s["unique_id"] == serial]
    await home.call(
        "config_entries/subentries/delete",
        entry_id=evening.entry_id,
        subentry_id=unit["subentry_id"],
    )
    issue = await _issue(home)
    flow = {"handler": integration.DOMAIN, "issue_id": issue["issue_id"]}
    step = await home.request("POST", "/api/repairs/issues/fix", flow)
    assert step["type"] == "menu", step
    path = f"/api/repairs/issues/fix/{step['flow_id']}"
    step = await home.request("POST", path, {"next_step_id": "delete"})
    assert step["type"] == "create_entry", step
    state = json.loads((evening.site.spare.folder / "unit.json").read_text())
    assert not any(state[kind] for kind in ("recordings", "receivers", "jobs")), state


async def test_of_all_that_is_written_and_told_the_configuration_alone_holds_passwords(
    evening: Evening,
) -> None:
    passwords = passwords_of(evening.config.parent / "site")
    assert len(passwords) == 3
    assert await asyncio.to_thread(files_that_tell, evening.config, passwords) == {CONFIGURATION}
    assert await answers_that_tell(evening.home, passwords) == set()
    assert await asyncio.to_thread(processes_that_tell, passwords) == set()
    assert complaints(evening.config) == []


async def _issue(home: HomeAssistant) -> dict[str, Any]:
    async with asyncio.timeout(90):
        while True:
            for issue in (await home.call("repairs/list_issues"))["issues"]:
                if issue["domain"] == integration.DOMAIN and issue["is_fixable"]:
                    found: dict[str, Any] = issue
                    return found
            await asyncio.sleep(0.5)
