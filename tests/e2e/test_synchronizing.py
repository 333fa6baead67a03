"""Whatever is killed (-9) while footage is given back, all of it arrives, and nothing twice.

One site and one Home Assistant serve all tests of this module, with two groups: NVR 1 has another
recorder as its spare, whose footage an engine fetches that Home Assistant hires; NVR 2 has Home
Assistant itself. Both die at the same time, and get their footage back slowly enough to interrupt.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
import time

import pytest
import pytest_asyncio

from scripts.lab import home_assistant, integration, site, spares
from scripts.lab.home_assistant import HomeAssistant
from scripts.lab.interruptions import kill_home_assistant
from scripts.lab.outage import SETTLED_AFTER
from scripts.lab.site import Plan, Recorder, Site
from scripts.lab.spares import StandIn
from scripts.lab.state_log import StateLog
from virtual_nvr.verify import verify

PORT, SUBNET = 18126, 4
SLOW = 1.0
"""Megabits per second: what two cameras send in a second takes about eight."""
BACKED_UP_FOR = 4.0
"""Seconds."""
SECOND = 1_000_000_000

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(500)]


@dataclass(frozen=True, kw_only=True)
class Group:
    """A recorder and its spare."""

    entry_id: str
    device: Recorder
    shown: integration.DeviceEntities
    spare: StandIn
    spare_shown: integration.SpareEntities


@dataclass(kw_only=True)
class Lab:
    """The site, Home Assistant, and the groups."""

    site: Site
    home: HomeAssistant
    config: Path
    log: StateLog
    groups: list[Group]

    async def until(self, what: str, status: str) -> None:
        """Wait until all recorders have a Working Status."""
        await self.log.wait_for(
            f"{what}: all are {status}",
            lambda s: all(s[group.shown.working_status] == status for group in self.groups),
            120,
        )

    async def outage(self) -> None:
        """Let all recorders die, be backed up for a while and come back."""
        await asyncio.gather(*(group.device.program.kill() for group in self.groups))
        await self.until("after the kill", "backing_up")
        await asyncio.sleep(BACKED_UP_FOR)
        await asyncio.gather(*(group.device.program.start_and_wait() for group in self.groups))

    async def until_copying(self) -> None:
        """Wait until files are on their way to all recorders."""
        await self.until("back again", "synchronizing")
        async with asyncio.timeout(90):
            for group in self.groups:
                while not partials(group.device):  # noqa: ASYNC110 - nobody tells of a file
                    await asyncio.sleep(0.1)

    async def pace(self, megabits: float) -> None:
        """Decide how quickly footage is given back."""
        for group in self.groups:
            await integration.set_bandwidth(self.home, group.entry_id, megabits)

    async def until_synchronized(self, since: float) -> None:
        """Wait until all have their footage back and all is as before."""
        await self.log.wait_for(
            "synchronized, and as before",
            lambda s: all(
                self.log.told(group.shown.event, "synchronized", since)
                and s[group.shown.working_status] == "recording"
                and s[group.spare_shown.working_status] == "idle"
                for group in self.groups
            ),
            180,
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Lab]:
    """Everything, running."""
    folder = tmp_path_factory.mktemp("synchronizing")
    config = folder / "home-assistant"
    config.mkdir()
    try:
        async with (
            site.running(Plan(channels=2, subnet=SUBNET), folder / "site") as here,
            home_assistant.running(config, PORT) as home,
        ):
            log = StateLog(lambda _: None)
            groups = [
                await add_group(home, here, device, await pair)
                for device, pair in zip(
                    here.working,
                    (
                        spares.add_recorder(home, here),
                        spares.add_builtin(home, folder / "footage", "warm"),
                    ),
                    strict=True,
                )
            ]
            await log.follow(home)
            lab = Lab(site=here, home=home, config=config, log=log, groups=groups)
            await lab.until("set up", "recording")
            await log.wait_for(
                "the spares are ready",
                lambda s: all(s[group.shown.spare_ready] == "on" for group in groups),
                120,
            )
            yield lab
    finally:
        await spares.end_engines(config)


async def add_group(
    home: HomeAssistant, here: Site, device: Recorder, pair: tuple[str, StandIn]
) -> Group:
    """Add a recorder to a group that has its spare."""
    entry_id, spare = pair
    await integration.add_working_device(home, entry_id, device, here.camera_password)
    return Group(
        entry_id=entry_id,
        device=device,
        shown=await integration.device_entities(home, device.serial),
        spare=spare,
        spare_shown=await integration.spare_entities(home, spare.serial),
    )


def partials(device: Recorder) -> list[Path]:
    """Return the files on their way into a recorder's folder."""
    return list(device.folder.rglob("*.partial"))


async def assert_whole(lab: Lab, since: float) -> None:
    """All that anybody recorded is on each recorder's own disk, every frame once."""
    until = time.time()
    await asyncio.sleep(SETTLED_AFTER)
    window = [round(moment * SECOND) for moment in (since - 5, until)]
    for group in lab.groups:
        own, spare = group.device.folder, group.spare.folder
        found = await asyncio.to_thread(verify, [own], *window)
        everything = await asyncio.to_thread(verify, [own, spare], *window)
        assert len(found) == len(group.device.cameras)
        for number, report in found.items():
            assert report.missing == everything[number].missing, (group.device.name, number)
            assert not report.damaged
            assert not report.out_of_order
            # At each end of a gap the rest of a group of pictures: the file begins with its key.
            gop = lab.site.plan.gop(number)
            assert len(report.doubled) <= 2
            assert all(len(run) < gop for run in report.doubled), (number, report.doubled)
        assert not partials(group.device)
        assert len(lab.log.told(group.shown.event, "synchronized", since)) == 1


async def test_kills_of_the_engines_and_of_home_assistant_lose_and_double_nothing(
    lab: Lab,
) -> None:
    await lab.pace(SLOW)
    since = time.time()
    await lab.outage()
    await lab.until_copying()
    assert len(spares.kill_engines(lab.config)) == 2
    async with asyncio.timeout(90):
        while len(spares.engines(lab.config)) < 2:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.1)
    await lab.until_copying()
    await kill_home_assistant(lab.home, lab.log)
    await lab.until_copying()
    await lab.pace(0)
    await lab.until_synchronized(since)
    await assert_whole(lab, since)


async def test_kills_of_the_spare_and_of_the_recorders_lose_and_double_nothing(lab: Lab) -> None:
    await lab.pace(SLOW)
    since = time.time()
    await lab.outage()
    await lab.until_copying()
    await lab.site.spare.program.kill()
    await lab.log.wait_for(
        "the spare is offline", lambda s: s[lab.groups[0].spare_shown.connection] == "off", 30
    )
    await lab.site.spare.program.start_and_wait()
    await lab.until_copying()
    await lab.outage()
    await lab.pace(0)
    await lab.until_synchronized(since)
    await assert_whole(lab, since)
