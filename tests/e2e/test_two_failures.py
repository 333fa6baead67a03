"""Two recorders die within a second, with a recorder and Home Assistant itself as their spares.

The spares have room for five of the seven cameras that are to be backed up.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
import json
from pathlib import Path
import time
from typing import Any

import pytest
import pytest_asyncio

from scripts.lab import home_assistant, integration, site, spares
from scripts.lab.home_assistant import HomeAssistant
from scripts.lab.site import Plan, Site
from scripts.lab.state_log import StateLog
from virtual_nvr.verify import count, verify

PORT, SUBNET = 18127, 8
SECOND = 1_000_000_000
RECORDER_PLACES, BUILTIN_PLACES = 3, 2
PRIORITIES = {
    "NVR 1": ["high", "normal", "low", "never"],
    "NVR 2": ["high", "normal", "low", "low"],
}
LOW = {"Camera 3", "Camera 7", "Camera 8"}
NEVER = "Camera 4"
UNSERVED = 3
FIRST = {"Camera 1", "Camera 2", "Camera 5", "Camera 6"}

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(500)]


@dataclass(kw_only=True)
class Ended:
    """What was seen of the outages, and what is told of them afterwards."""

    killed: float
    noticed: float
    starved: float
    """Seconds of these in which Home Assistant waited for a processor."""
    backed_up: tuple[float, float]
    """From when to when all was as it stayed."""
    attributes: dict[str, dict[str, Any]]
    """Of the Working Status of each recorder in this time."""
    reports: dict[str, dict[str, Any]]
    folders: list[Path]
    titles: set[str]
    """Of the spares."""

    def not_backed_up(self) -> dict[str, str]:
        """Return the cameras that were not, and why."""
        return {
            camera: reason
            for shown in self.attributes.values()
            for camera, reason in shown["channels_not_backed_up"].items()
        }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ended(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Ended]:
    """Both outages, played once for all tests."""
    folder = tmp_path_factory.mktemp("two")
    config = folder / "home-assistant"
    config.mkdir()
    plan = Plan(channels=4, places=RECORDER_PLACES, subnet=SUBNET)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(spares.end_engines, config)
        here = await stack.enter_async_context(site.running(plan, folder / "site"))
        home = await stack.enter_async_context(home_assistant.running(config, PORT))
        footage = folder / "footage"
        await set_up(home, here, config, footage)
        yield await play(home, here, footage)


async def set_up(home: HomeAssistant, here: Site, config: Path, footage: Path) -> None:
    """Add everything; then, as nobody can by a form, make the built-in spare a small one."""
    entry_id, builtin = await spares.add_builtin(home, footage, "warm")
    await integration.add_recorder_spare(home, entry_id, here.spare)
    for device in here.working:
        await integration.add_working_device(
            home, entry_id, device, here.camera_password, keep=True
        )
    await home.stop()
    await spares.end_engines(config)
    store = config / ".storage" / "core.config_entries"
    content = json.loads(store.read_text())
    entry = next(it for it in content["data"]["entries"] if it["entry_id"] == entry_id)
    units = {it["unique_id"]: it for it in entry["subentries"]}
    units[builtin.serial]["data"] |= {"capacity": BUILTIN_PLACES, "preference": 2}
    units[here.spare.serial]["data"] |= {"preference": 1}
    for device in here.working:
        channels = units[device.serial]["data"]["channels"]
        for channel, priority in zip(channels, PRIORITIES[device.name], strict=True):
            channel["priority"] = priority
    store.write_text(json.dumps(content))
    await home.start()


async def play(home: HomeAssistant, here: Site, footage: Path) -> Ended:
    """Kill both recorders, let them be backed up for a while, and start them again."""
    devices = here.working
    shown = {it.name: await integration.device_entities(home, it.serial) for it in devices}
    log = StateLog(lambda _: None)
    await log.follow(home)
    status = {name: entities.working_status for name, entities in shown.items()}

    async def until(what: str, wanted: str) -> None:
        await log.wait_for(what, lambda s: all(s[it] == wanted for it in status.values()), 120)

    await until("set up", "recording")
    ready = [it.spare_ready for it in shown.values()]
    await log.wait_for("spares ready", lambda s: all(s[it] == "on" for it in ready), 120)
    killed, starved = time.time(), home.program.starved
    await asyncio.gather(*(device.program.kill() for device in devices))
    await until("after the kill", "backing_up")
    starved = home.program.starved - starved
    noticed = max(log.first(it.connection, "off", killed) for it in shown.values())
    async with asyncio.timeout(90):
        while sum(len(missed(log, it)) for it in status.values()) != UNSERVED:  # noqa: ASYNC110 - attributes are no states
            await asyncio.sleep(0.1)
    begun = time.time()
    await asyncio.sleep(8)
    attributes = {name: log.attributes[it] for name, it in status.items()}
    until_then = time.time()
    await asyncio.gather(*(device.program.start_and_wait() for device in devices))
    await log.wait_for(
        "back again",
        lambda _: all(log.told(it.event, "returned", killed) for it in shown.values()),
        120,
    )
    reports = {name: log.attributes[it.last_outage] for name, it in shown.items()}
    subentries = await home.call("config_entries/subentries/list", entry_id=await entry_of(home))
    working = {device.serial for device in devices}
    return Ended(
        killed=killed,
        noticed=noticed,
        starved=starved,
        backed_up=(begun + 3, until_then - 2),
        attributes=attributes,
        reports=reports,
        folders=[here.spare.folder, footage],
        titles={it["title"] for it in subentries if it["unique_id"] not in working},
    )


def missed(log: StateLog, status: str) -> dict[str, str]:
    """Return the cameras of a recorder that are not backed up now, and why."""
    found: dict[str, str] = log.attributes[status]["channels_not_backed_up"]
    return found


async def entry_of(home: HomeAssistant) -> str:
    """Return the id of the group's entry."""
    (entry,) = await home.call("config_entries/get", domain=integration.DOMAIN)
    return str(entry["entry_id"])


async def test_both_are_noticed_and_backed_up(ended: Ended) -> None:
    assert 0 < ended.noticed - ended.killed <= 10 + ended.starved


async def test_cameras_are_backed_up_by_priority_and_the_others_named_with_the_reason(
    ended: Ended,
) -> None:
    found = ended.not_backed_up()
    assert found.pop(NEVER) == "not_protected"
    assert set(found.values()) == {"no_room"}
    assert len(found) == 2
    assert set(found) < LOW
    spares_shown = {title for shown in ended.attributes.values() for title in shown["spares"]}
    assert spares_shown == ended.titles


async def test_what_is_shown_as_backed_up_is_recorded_every_frame(ended: Ended) -> None:
    begin, end = (round(moment * SECOND) for moment in ended.backed_up)
    found = await asyncio.to_thread(verify, ended.folders, begin, end)
    recorded = {f"Camera {number}" for number, report in found.items() if report.present}
    assert recorded == FIRST | LOW - set(ended.not_backed_up())
    assert {number: count(report.missing) for number, report in found.items()} == dict.fromkeys(
        found, 0
    )


async def test_the_reports_tell_of_one_incident_as_it_was(ended: Ended) -> None:
    assert set(ended.reports) == {"NVR 1", "NVR 2"}
    one, two = ended.reports.values()
    assert one["incident"] == two["incident"]
    unserved = ended.not_backed_up()
    for name, report in ended.reports.items():
        cameras = {str(n): f"Camera {n + 4 * (name == 'NVR 2')}" for n in range(1, 5)}
        told = {cameras[number]: why for number, why in report["not_backed_up"].items()}
        shown = {camera: why for camera, why in unserved.items() if camera in cameras.values()}
        # A low camera may have been recorded until a more important one took its place.
        once = {cameras[number] for number in report["first_confirmed_after"]}
        assert told == {camera: why for camera, why in shown.items() if camera not in once}
        assert report["cause"] == "silence"
        assert set(report["spares"]) <= ended.titles
        assert 0 < report["noticed_after"] <= 15
