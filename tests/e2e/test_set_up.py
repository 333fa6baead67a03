"""The whole set-up over HTTP, as the frontend does it: from the first spare to the removal.

One site and one Home Assistant serve all tests of this module, in the order of a group's life.
NVR 2 begins with one of its two cameras, and is given another password while it is away.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from scripts.lab import home_assistant, integration, site
from scripts.lab.complaints import complaints
from scripts.lab.home_assistant import HomeAssistant
from scripts.lab.site import USERNAME, Plan, Recorder, Site
from scripts.lab.state_log import StateLog
from tests.e2e.secrecy import ENTRIES as ENTRIES_FILE, files_that_tell

PORT, SUBNET = 18130, 38
ENTRIES = "/api/config/config_entries"
FLOW, SUBENTRIES = f"{ENTRIES}/flow", f"{ENTRIES}/subentries/flow"
OPTIONS = f"{ENTRIES}/options/flow"
REPAIRS = "/api/repairs/issues/fix"
NEW_PASSWORD = "another-door"
DISCOVERY_PORT = 3702
"""Where WS-Discovery asks, and as only these virtual recorders are told to listen."""

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(500)]


@dataclass(kw_only=True)
class Life:
    """The site, Home Assistant, and what the tests before have set up."""

    site: Site
    home: HomeAssistant
    config: Path
    log: StateLog
    entry_id: str = ""
    next_flow: str = ""
    """The flow that the set-up of the spare has led on to."""
    shown: dict[str, integration.DeviceEntities] = field(default_factory=dict)

    async def subentry(self, recorder: Recorder) -> str:
        """Return the id of a unit's subentry."""
        units = await self.home.call("config_entries/subentries/list", entry_id=self.entry_id)
        (found,) = [it["subentry_id"] for it in units if it["unique_id"] == recorder.serial]
        return str(found)

    async def change(self, recorder: Recorder, *answers: dict[str, Any]) -> dict[str, Any]:
        """Answer the forms that change a unit; returns the last step."""
        begin = {"handler": [self.entry_id, "unit"], "subentry_id": await self.subentry(recorder)}
        step = await self.home.request("POST", SUBENTRIES, begin)
        return await self.home.go_on(SUBENTRIES, step["flow_id"], *answers)

    async def issue(self, key: str) -> str:
        """Wait for a repair issue, and return its id."""
        async with asyncio.timeout(120):
            while True:
                for issue in (await self.home.call("repairs/list_issues"))["issues"]:
                    if (issue["domain"], issue["translation_key"]) == (integration.DOMAIN, key):
                        return str(issue["issue_id"])
                await asyncio.sleep(0.2)

    async def fix(self, key: str, *answers: dict[str, Any]) -> dict[str, Any]:
        """Answer the forms of a repair; returns the last step."""
        begin = {"handler": integration.DOMAIN, "issue_id": await self.issue(key)}
        step = await self.home.request("POST", REPAIRS, begin)
        return await self.home.go_on(REPAIRS, step["flow_id"], *answers)

    async def until(self, recorder: Recorder, status: str) -> None:
        """Wait until a recorder has a Working Status, and all is well with its spare."""
        shown = self.shown[recorder.name]
        await self.log.wait_for(
            f"{recorder.name} {status}",
            lambda s: (
                s[shown.working_status] == status
                and (status != "recording" or s[shown.spare_ready] == "on")
            ),
            150,
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def life(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Life]:
    """Everything, running."""
    folder = tmp_path_factory.mktemp("life")
    config = folder / "home-assistant"
    config.mkdir()
    plan = Plan(working_devices=2, channels=2, places=4, subnet=SUBNET)
    here = site.build(plan, folder / "site")
    change_configuration(here.working[1], channels=lambda all_of_them: all_of_them[:1])
    for recorder in (*here.working, here.spare):
        change_configuration(recorder, discovery_port=lambda _: DISCOVERY_PORT)
    try:
        await here.start()
        async with home_assistant.running(config, PORT) as home:
            yield Life(site=here, home=home, config=config, log=StateLog(lambda _: None))
    finally:
        await here.stop()


def listed(form: dict[str, Any]) -> dict[str, str]:
    """Return the Device List that a form shows: by address, whether a unit is added already."""
    rows = form["description_placeholders"]["devices"].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {row[2]: row[4] for row in cells}


def change_configuration(recorder: Recorder, **changes: Any) -> list[dict[str, Any]]:
    """Change what a virtual recorder reads when it starts; returns the channels it had."""
    path = recorder.folder.parent / "nvr.json"
    content = json.loads(path.read_text())
    for key, change in changes.items():
        content[key] = change(content.get(key))
    path.write_text(json.dumps(content))
    return list(content.get("channels", ()))


async def test_the_spare_comes_first_and_leads_on_to_the_first_recorder(life: Life) -> None:
    step = await life.home.flow(FLOW, integration.DOMAIN)
    assert step["type"] == "menu"
    form = await life.home.go_on(FLOW, step["flow_id"], {"next_step_id": "recorder"})
    units = [life.site.spare, *life.site.working]
    assert listed(form) == {unit.host: "not added" for unit in units}
    account = integration.account(life.site.spare)
    step = await life.home.go_on(FLOW, step["flow_id"], account)
    assert step["type"] == "create_entry", step
    life.entry_id = step["result"]["entry_id"]
    kind, life.next_flow = step["next_flow"]
    assert kind == "config_subentries_flow"


async def test_the_first_recorder_is_added_in_the_flow_that_is_open_already(life: Life) -> None:
    device = life.site.working[0]
    form = await life.home.go_on(SUBENTRIES, life.next_flow, {"next_step_id": "normal"})
    assert listed(form)[life.site.spare.host] == "added"
    offered = options(form, "host")
    assert len(offered) == 2
    (chosen,) = [it["value"] for it in offered if device.host in it["label"]]
    account = {**integration.account(device), "host": chosen}
    form = await life.home.go_on(SUBENTRIES, life.next_flow, account)
    channels = integration.suggestion(form, "channels")
    assert [channel["name"] for channel in channels] == ["Camera 1", "Camera 2"]
    cameras = {"username": USERNAME, "password": life.site.camera_password}
    step = await life.home.go_on(
        SUBENTRIES,
        life.next_flow,
        {"channels": channels, "account": cameras},
        {"next_step_id": "save"},
        {"covers_no_record": False},
        {"next_step_id": "keep"},
    )
    assert step["type"] == "create_entry", step
    life.shown[device.name] = await integration.device_entities(life.home, device.serial)


def options(form: dict[str, Any], name: str) -> list[dict[str, str]]:
    """Return what a form offers to choose from for one of its fields."""
    (field,) = [it for it in form["data_schema"] if it["name"] == name]
    found: list[dict[str, str]] = field["selector"]["select"]["options"]
    return found


async def test_the_second_recorder_is_added_to_the_group(life: Life) -> None:
    device = life.site.working[1]
    verdicts = await integration.add_working_device(
        life.home, life.entry_id, device, life.site.camera_password, keep=True
    )
    assert "1920" in verdicts
    life.shown[device.name] = await integration.device_entities(life.home, device.serial)
    await life.log.follow(life.home)
    for recorder in life.site.working:
        await life.until(recorder, "recording")


async def test_a_recorder_is_changed_without_a_break_for_any_other(life: Life) -> None:
    device, other = life.site.working
    before = life.log.states[life.shown[other.name].working_status]
    form = await life.change(device, {"next_step_id": "channels"})
    channels = integration.suggestion(form, "channels")
    channels[1]["priority"] = "high"
    answers = ({"channels": channels, "account": {}}, {"next_step_id": "save"})
    done = await life.home.go_on(SUBENTRIES, form["flow_id"], *answers)
    assert (done["type"], done["reason"]) == ("abort", "reconfigure_successful"), done
    form = await life.change(device, {"next_step_id": "channels"})
    assert [it["priority"] for it in integration.suggestion(form, "channels")] == ["normal", "high"]
    await life.home.request("DELETE", f"{SUBENTRIES}/{form['flow_id']}")
    await life.until(device, "recording")
    assert life.log.states[life.shown[other.name].working_status] == before


async def test_what_a_group_does_is_decided_in_its_options(life: Life) -> None:
    answers: dict[str, dict[str, Any]] = {
        "failures": {"no_record": 90, "gateway": "127.0.0.1"},
        "drills": {"drill_every": 7, "drill_at": "04:00:00", "drill_max_age": 30},
        "giving_back": {"bandwidth_mbit": 40, "concurrent": 1, "admins_only": True},
    }
    for subject, answer in answers.items():
        menu = {"next_step_id": subject}
        step = await life.home.flow(OPTIONS, life.entry_id, menu, answer)
        assert step["type"] == "create_entry", step
        form = await life.home.flow(OPTIONS, life.entry_id, menu)
        assert {key: integration.suggestion(form, key) for key in answer} == answer
        await life.home.request("DELETE", f"{OPTIONS}/{form['flow_id']}")


async def test_a_password_that_was_changed_is_asked_for_by_the_name_of_its_recorder(
    life: Life,
) -> None:
    device = life.site.working[1]
    await device.program.kill()
    await life.until(device, "backing_up")
    await asyncio.sleep(5)  # there is to be footage that the user can keep
    both = [*change_configuration(device), camera_of(life, 4)]
    change_configuration(device, password=lambda _: NEW_PASSWORD, channels=lambda _: both)
    await device.program.start_and_wait()
    flow = await reauthentication(life)
    assert device.host in json.dumps(flow["context"]["title_placeholders"])
    answer = {"username": USERNAME, "password": "wrong"}
    step = await life.home.go_on(FLOW, flow["flow_id"], answer)
    assert step["errors"] == {"base": "invalid_auth"}
    step = await life.home.go_on(FLOW, flow["flow_id"], {**answer, "password": NEW_PASSWORD})
    assert (step["type"], step["reason"]) == ("abort", "reauth_successful"), step
    await life.until(device, "recording")


def camera_of(life: Life, number: int) -> dict[str, Any]:
    """Return a camera as a virtual recorder is told of it."""
    return {
        "name": f"Camera {number}",
        "uri": f"rtsp://{life.site.plan.network}.{100 + number}:{site.CAMERA_PORT}/stream",
        "username": USERNAME,
        "password": life.site.camera_password,
    }


async def reauthentication(life: Life) -> dict[str, Any]:
    """Wait until a password is asked for."""
    async with asyncio.timeout(120):
        while True:
            for flow in await life.home.call("config_entries/flow/progress"):
                if (flow["handler"], flow["context"]["source"]) == (integration.DOMAIN, "reauth"):
                    found: dict[str, Any] = flow
                    return found
            await asyncio.sleep(0.2)


async def test_a_camera_that_was_added_meanwhile_is_protected_by_a_repair(life: Life) -> None:
    device = life.site.working[1]
    done = await life.fix("camera_new", {"next_step_id": "add"})
    assert done["type"] == "create_entry", done
    form = await life.change(device, {"next_step_id": "channels"})
    channels = integration.suggestion(form, "channels")
    assert [channel["name"] for channel in channels] == ["Camera 3", "Camera 4"]
    await life.home.request("DELETE", f"{SUBENTRIES}/{form['flow_id']}")
    await life.until(device, "recording")


async def test_a_recorder_that_is_removed_leaves_its_footage_if_the_user_says_so(
    life: Life,
) -> None:
    device = life.site.working[1]
    await life.home.call(
        "config_entries/subentries/delete",
        entry_id=life.entry_id,
        subentry_id=await life.subentry(device),
    )
    done = await life.fix("unreturned_footage", {"next_step_id": "keep"})
    assert done["type"] == "create_entry", done


async def test_a_removed_group_leaves_nothing_but_that_footage(life: Life) -> None:
    serial = life.site.working[1].serial
    await life.home.request("DELETE", f"{ENTRIES}/entry/{life.entry_id}")
    held = json.loads((life.site.spare.folder / "unit.json").read_text())
    assert not held["jobs"]
    assert not held["receivers"]
    kept = held["recordings"]
    assert kept
    for recording in kept:
        assert serial in recording["labels"]["source_id"]
        assert list((life.site.spare.folder / "recordings" / recording["token"]).glob("*.mp4"))
    for kind in ("device", "entity"):
        registered = await life.home.call(f"config/{kind}_registry/list")
        assert life.entry_id not in json.dumps(registered)
    ours = life.config.rglob(f"*{integration.DOMAIN}*")
    left = [it.relative_to(life.config) for it in ours if it.parent.name != "custom_components"]
    assert left == []
    issues = (await life.home.call("repairs/list_issues"))["issues"]
    assert [it for it in issues if it["domain"] == integration.DOMAIN] == []


async def test_nothing_of_it_was_complained_of_and_no_password_was_told(life: Life) -> None:
    assert complaints(life.config) == []
    recorders = [*life.site.working, life.site.spare]
    passwords = [life.site.camera_password, NEW_PASSWORD, *(it.password for it in recorders)]
    # Home Assistant saves a little later what it has forgotten.
    assert await asyncio.to_thread(files_that_tell, life.config, passwords) <= {ENTRIES_FILE}
