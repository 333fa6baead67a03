"""Pictures of the set-up, on the way through its forms as a person goes it."""

from pathlib import Path
from typing import Final

from playwright.async_api import Locator, expect

from . import integration
from .cards import LONG
from .pictures import Studio
from .site import USERNAME

_SCREEN: Final = {"width": 720, "height": 1080}
_EXAMPLE: Final = "/media/nas/.nvr_hotspare"
"""What the picture shows as the folder: of a real one it would tell where it was made."""


async def walk(studio: Studio, footage: Path) -> str:
    """Set up Home Assistant as the spare, and a recorder as far as its last question.

    Returns the id of the group's entry. The recorder is not added.
    """
    start = f"/config/integrations/dashboard/add?domain={integration.DOMAIN}"
    async with studio.looking(start, **_SCREEN) as page:
        page.set_default_timeout(LONG)
        await page.get_by_role("button", name="OK").click()
        form = page.locator("dialog-data-entry-flow")
        await _set_up_spare(studio, form, footage)
        await _set_up_recorder(studio, form)
        await form.get_by_role("button", name="Close").first.click()
    return await integration.group_id(studio.home)


async def _set_up_spare(studio: Studio, form: Locator, footage: Path) -> None:
    await _take(studio, form, "The spare", "set-up-spare")
    await _choose(form, "This Home Assistant")
    folder = form.locator("input[name=folder]")
    await folder.fill(_EXAMPLE)
    await _take(studio, form, "This Home Assistant as the spare", "set-up-home-assistant")
    await folder.fill(str(footage))
    # One camera of the site has its key frames too far apart for the 30 s that are suggested.
    await form.locator("ha-selector-number input").last.fill("60")
    await _submit(form)
    await _choose(form, "Go on")


async def _set_up_recorder(studio: Studio, form: Locator) -> None:
    device = studio.site.working[0]
    await _take(studio, form, "Work Mode", "set-up-work-mode")
    await _choose(form, "Normal")
    await form.locator("input[name=password]").fill(device.password)
    await expect(form.locator("td")).not_to_have_count(0)
    await _take(studio, form, "Add a recorder", "set-up-recorder")
    await _submit(form)
    account = form.locator("ha-form-expandable")
    await account.locator("input[name=username]").fill(USERNAME)
    await account.locator("input[name=password]").fill(studio.site.camera_password)
    await _take(studio, form, "Cameras", "set-up-cameras")
    await _submit(form)
    await _take(studio, form, "Tried", "set-up-tried")
    await _choose(form, "Go on")
    await _title(form, "Online, but not recording")
    await _submit(form)
    await _take(studio, form, "When the recorder is back", "set-up-footage")


async def _take(studio: Studio, form: Locator, title: str, name: str) -> None:
    await _title(form, title)
    await studio.take(form.locator("dialog"), name)


async def _title(form: Locator, title: str) -> None:
    await expect(form.locator(".dialog-title")).to_have_text(title, timeout=LONG)


async def _choose(menu: Locator, option: str) -> None:
    await menu.get_by_text(option, exact=True).click()


async def _submit(form: Locator) -> None:
    await form.get_by_role("button", name="Submit").click()
