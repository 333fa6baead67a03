"""What the spares have recorded, looked at with a browser, as people do.

One site and one Home Assistant serve all tests of this module, with two groups: the spare of NVR 1
is Home Assistant, that of NVR 2 is another recorder. Both hold footage of an earlier day.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
import json
from pathlib import Path
import time
from urllib.parse import quote

from playwright.async_api import Locator, Page, expect
import pytest
import pytest_asyncio

from custom_components.nvr_hotspare.nvr.builtin import channel_of
from custom_components.nvr_hotspare.recorder.model import VideoFrame
from scripts.lab import home_assistant, integration, site, spares
from scripts.lab.browser import plays, signed_in
from scripts.lab.complaints import complaints
from scripts.lab.home_assistant import HomeAssistant
from scripts.lab.site import Plan, Site
from tests.e2e.secrecy import (
    ENTRIES,
    answers_that_tell,
    command_lines,
    files_that_tell,
    passwords_of,
    processes_that_tell,
)
from tests.recorder.clips import put_clip
from virtual_nvr.clip import Clip, ClipFormat, load

PORT, SUBNET = 18131, 3
SECOND = 1_000_000_000
LENGTH = 20
"""Seconds of each clip."""
EARLIER = (time.time_ns() - 86_400 * SECOND) // (3600 * SECOND) * 3600 * SECOND
"""An hour of yesterday."""
CLIPS = 6
THUMBNAIL = "ha-media-browser-thumbnail .image"
PICTURE_WIDTH = """async element => {
    const picture = new Image();
    picture.src = getComputedStyle(element).backgroundImage.slice(5, -2);
    await picture.decode();
    return picture.naturalWidth;
}"""

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(500)]


def frames(clip: Clip, start: int) -> list[VideoFrame]:
    """Return so many seconds of a camera."""
    video = clip.tracks.video
    found = []
    for number in range(LENGTH * 25):
        slices = clip.frames[number % len(clip.frames)]
        key = number % clip.gop == 0
        found.append(
            VideoFrame(
                nal_units=[video.sps, video.pps, *slices] if key else list(slices),
                time=start + number * SECOND // 25,
                ticks=number * 3600,
                key=key,
            )
        )
    return found


def put_footage(folder: Path) -> None:
    """Put clips of an earlier day where a spare has those of a camera."""
    clip = load(ClipFormat())
    for number in range(CLIPS):
        start = EARLIER + number * 120 * SECOND
        put_clip(folder, frames(clip, start), of=clip.tracks)


def place_of(spare: Path, key: str) -> Path | None:
    """Return where a virtual recorder has what it records of a camera, once it is to."""
    told = json.loads((spare / "unit.json").read_text())
    for recording in told["recordings"]:
        if recording["labels"]["source_id"].endswith(quote(key, safe="")):
            return spare / "recordings" / str(recording["token"])
    return None


@dataclass(frozen=True, kw_only=True)
class Home:
    """Home Assistant, and the site around it."""

    assistant: HomeAssistant
    site: Site
    log: Path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Home]:
    """Both groups, and their footage."""
    folder = tmp_path_factory.mktemp("media")
    config = folder / "home-assistant"
    config.mkdir()
    plan = Plan(working_devices=2, channels=1, subnet=SUBNET)
    async with site.running(plan, folder / "site") as here:
        try:
            async with home_assistant.running(config, PORT) as assistant:
                await set_up(assistant, here, folder / "footage")
                yield Home(assistant=assistant, site=here, log=config / "home-assistant.log")
        finally:
            await spares.end_engines(config)


async def set_up(assistant: HomeAssistant, here: Site, footage: Path) -> None:
    """Make the groups, and put footage where their spares have theirs."""
    first, second = here.working
    built_in, _ = await spares.add_builtin(assistant, footage, "cold")
    await integration.add_working_device(assistant, built_in, first, here.camera_password)
    await asyncio.to_thread(put_footage, footage / channel_of(f"{first.serial}/1"))
    other, _ = await spares.add_recorder(assistant, here)
    await integration.add_working_device(assistant, other, second, here.camera_password)
    async with asyncio.timeout(120):
        while (place := place_of(here.spare.folder, f"{second.serial}/1")) is None:  # noqa: ASYNC110 (a file)
            await asyncio.sleep(0.2)
    await asyncio.to_thread(put_footage, place)


@pytest.mark.parametrize("number", [0, 1], ids=["builtin", "recorder"])
async def test_a_clip_is_found_and_played_in_the_media_browser(home: Home, number: int) -> None:
    device = home.site.working[number]
    async with signed_in(home.assistant) as page:
        await page.goto(f"{home.assistant.url}/media-browser")
        for title in ("NVR Hot Spare", device.host, device.cameras[0], f"({CLIPS})"):
            await card(page, title).click(timeout=120_000)
        await expect(page.locator("ha-card")).to_have_count(CLIPS)
        await expect(page.locator(THUMBNAIL)).to_have_count(CLIPS, timeout=120_000)
        for thumbnail in await page.locator(THUMBNAIL).all():
            assert await thumbnail.evaluate(PICTURE_WIDTH) > 0
        await card(page, f"0:{LENGTH} · ").click()
        video = page.locator("video")
        await plays(video, since=1)
        assert await video.evaluate("video => video.duration") == pytest.approx(LENGTH, abs=1)
        await video.evaluate(f"video => {{ video.currentTime = {LENGTH - 5} }}")
        await plays(video, since=LENGTH - 4)


def card(page: Page, title: str) -> Locator:
    """Return the first of what is shown whose title has this text."""
    return page.locator("ha-card").filter(has_text=title).first


async def test_a_spare_that_is_away_is_told_to_who_looks_for_its_footage(home: Home) -> None:
    device = home.site.working[1]
    await home.site.spare.program.kill()
    async with signed_in(home.assistant) as page:
        await page.goto(f"{home.assistant.url}/media-browser")
        for title in ("NVR Hot Spare", device.host, device.cameras[0]):
            await card(page, title).click(timeout=120_000)
        await expect(page.get_by_text("does not answer now").first).to_be_visible(timeout=90_000)


async def test_of_all_that_is_written_and_told_the_configuration_alone_holds_passwords(
    home: Home,
) -> None:
    config = home.log.parent
    passwords = passwords_of(config.parent / "site")
    assert len(passwords) == 4
    assert await asyncio.to_thread(files_that_tell, config, passwords) == {ENTRIES}
    assert await answers_that_tell(home.assistant, passwords) == set()
    running = [it for it in command_lines() if b"nvr_hotspare" in it]
    assert running, "the engine is no process"
    assert await asyncio.to_thread(processes_that_tell, passwords) == set()
    assert complaints(config) == []
