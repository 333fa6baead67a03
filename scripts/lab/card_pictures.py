"""Pictures of the card, the dashboard and Media while recorders fail and come back."""

import asyncio
from collections.abc import AsyncGenerator
import contextlib
import re
from typing import Any, Final

from playwright.async_api import Page, expect

from . import integration
from .cards import CARD, LONG, OUTAGES, shows, unit
from .home_assistant import HomeAssistant
from .pictures import Studio
from .processes import tell
from .site import Recorder, Site

_DESKTOP: Final[dict[str, Any]] = {"width": 1280, "height": 720}
_TABLET: Final[dict[str, Any]] = {"width": 1024, "height": 768}
_PHONE: Final[dict[str, Any]] = {"width": 390, "height": 844, "device_scale_factor": 2}
_OVERVIEW: Final = "/hot-spare/overview"
_ALONE: Final = "one-by-one"
"""The dashboard that has a card for each recorder alone."""
_NARROW: Final[dict[str, Any]] = {"width": 440, "height": 800, "device_scale_factor": 2}
_BACKED_UP_FOR: Final = 30.0
"""Seconds, so that there is something to be given back."""
_SLOW: Final = 8.0
"""Megabits of it a second: slowly enough to look on."""
_THUMBNAIL: Final = "ha-media-browser-thumbnail .image"
_SOME: Final = re.compile(r"^[2-6]\d%")
"""What the card says of it when it is under way."""


async def add_dashboard(home: HomeAssistant, here: Site) -> None:
    """Add a dashboard with a view of each recorder, by its name, that has its card alone."""
    views = [
        {
            "title": device.name,
            "path": device.name.lower(),
            "cards": [
                {
                    "type": f"custom:{CARD}",
                    "device": await integration.device_id(home, device.serial),
                }
            ],
        }
        for device in here.working
    ]
    await home.call(
        "lovelace/dashboards/create", url_path=_ALONE, title="Cards", show_in_sidebar=False
    )
    await home.call("lovelace/config/save", url_path=_ALONE, config={"views": views})


async def drill(studio: Studio) -> None:
    """Test the failover of all recorders: what is proven is shown."""
    ids = [
        await integration.device_id(studio.home, device.serial) for device in studio.site.working
    ]
    data = {"domain": integration.DOMAIN, "service": "drill", "service_data": {"device_id": ids}}
    await studio.home.call("call_service", **data)


async def take_all(studio: Studio, group: str) -> None:
    """Let the recorders fail in one way after another, and take pictures of it."""
    shop, warehouse = studio.site.working
    await integration.set_bandwidth(studio.home, group, _SLOW)
    async with _card(studio, shop, "Recording") as page:
        await studio.take(page.locator(CARD), "card-recording")
        await page.get_by_role("button", name=f"Details of {shop.name}").click()
        await studio.take(page.locator(CARD), "card-opened")
    await shop.program.kill()
    await _overviews(studio, shop)
    await asyncio.sleep(_BACKED_UP_FOR)
    async with _card(studio, shop, "Backing up") as page:
        await studio.take(page.locator(CARD), "card-backing-up")
        await shop.program.start_and_wait()
        await shows(page, shop.name, "Synchronizing")
        await expect(unit(page, shop.name).locator(".progress p")).to_have_text(_SOME, timeout=LONG)
        await studio.take(page.locator(CARD), "card-synchronizing")
    await integration.set_bandwidth(studio.home, group, 0)
    await _media(studio, shop)
    await _nobody_records(studio, warehouse)
    await _outages(studio)
    await _no_record(studio, warehouse)


@contextlib.asynccontextmanager
async def _card(studio: Studio, device: Recorder, status: str) -> AsyncGenerator[Page]:
    """The card of one recorder alone, from when it shows a status on."""
    async with studio.looking(f"/{_ALONE}/{device.name.lower()}", **_NARROW) as page:
        await shows(page, device.name, status)
        yield page


async def _overviews(studio: Studio, failed: Recorder) -> None:
    """Take pictures of the overview on all kinds of screens while a recorder is backed up."""
    screens: dict[str, dict[str, Any]] = {
        "overview": _DESKTOP,
        "phone": _PHONE,
        "tablet": _TABLET,
        "dark": {**_PHONE, "color_scheme": "dark"},
        "right-to-left": {**_PHONE, "language": "he"},
    }
    for name, screen in screens.items():
        async with studio.looking(_OVERVIEW, **screen) as page:
            await shows(page, failed.name, "Backing up")
            await expect(unit(page, failed.name).locator(".chips li")).to_have_count(
                len(failed.cameras), timeout=LONG
            )
            await studio.take(page, name)


async def _nobody_records(studio: Studio, device: Recorder) -> None:
    """Take a picture of cameras that nobody records; then let them be backed up for a while."""
    entities = await integration.device_entities(studio.home, device.serial)
    switched = {"domain": "switch", "target": {"entity_id": entities.protection}}
    await studio.home.call("call_service", service="turn_off", **switched)
    await device.program.kill()
    async with _card(studio, device, "Not backed up") as page:
        await studio.take(page.locator(CARD), "card-not-backed-up")
        await studio.home.call("call_service", service="turn_on", **switched)
        await shows(page, device.name, "Backing up")
        await asyncio.sleep(_BACKED_UP_FOR)
        await device.program.start_and_wait()
        await shows(page, device.name, "Recording")


async def _no_record(studio: Studio, device: Recorder) -> None:
    """Take a picture of a recorder that is online and does not record: its disk has failed."""
    await tell(device.control, "fail_storage")
    async with _card(studio, device, "No record") as page:
        await studio.take(page.locator(CARD), "card-no-record")
    await tell(device.control, "mend_storage")


async def _outages(studio: Studio) -> None:
    async with studio.looking("/hot-spare/outages", **_TABLET) as page:
        await expect(page.locator(OUTAGES).locator(".outages > li")).to_have_count(2, timeout=LONG)
        await studio.take(page.locator(OUTAGES), "outages")


async def _media(studio: Studio, device: Recorder) -> None:
    async with studio.looking("/media-browser", **_TABLET) as page:
        for title in ("NVR Hot Spare", device.host, device.cameras[0], "("):
            await page.locator("ha-card").filter(has_text=title).first.click(timeout=LONG)
        clips = page.locator("ha-card").filter(has_text="·")
        await expect(clips.first).to_be_visible(timeout=LONG)
        await expect(page.locator(_THUMBNAIL)).to_have_count(await clips.count(), timeout=LONG)
        await studio.take(page, "media")
