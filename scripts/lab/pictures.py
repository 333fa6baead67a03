"""Pictures of what a browser shows, small enough to lie in a repository."""

import asyncio
from collections.abc import AsyncGenerator
import contextlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.async_api import Browser, Locator, Page

from . import browser as chromium
from .home_assistant import HomeAssistant
from .site import Site

_COLOURS: Final = 256
"""Of each picture: a palette makes a small file, and nobody misses the rest."""
_DRAWN: Final = """() => {
    const within = root => [...root.querySelectorAll("*")].flatMap(
        it => [it, ...(it.shadowRoot ? within(it.shadowRoot) : [])]);
    const drawn = icon => !icon.icon || icon.shadowRoot?.querySelector("ha-svg-icon")?.path;
    return within(document).every(it => it.localName !== "ha-icon" || drawn(it));
}"""
"""Whether all icons are there: Home Assistant fetches them one by one."""


@dataclass(frozen=True, kw_only=True)
class Studio:
    """Home Assistant, the site around it, a browser, and where pictures of them go."""

    home: HomeAssistant
    site: Site
    browser: Browser
    folder: Path

    @contextlib.asynccontextmanager
    async def looking(self, path: str, **screen: Any) -> AsyncGenerator[Page]:
        """A page of Home Assistant on which nothing moves."""
        page = await chromium.sign_in(self.browser, self.home, reduced_motion="reduce", **screen)
        await page.goto(self.home.url + path)
        yield page
        await page.context.close()

    async def take(self, shown: Page | Locator, name: str) -> None:
        """Save a picture of what is shown as NAME.png."""
        page = shown if isinstance(shown, Page) else shown.page
        await page.wait_for_function(_DRAWN)
        await page.mouse.move(0, 0)  # what it points at looks otherwise
        picture = await shown.screenshot(animations="disabled")
        await asyncio.to_thread(_save, picture, self.folder / f"{name}.png")


def _save(picture: bytes, path: Path) -> None:
    with Image.open(BytesIO(picture)) as image:
        # Not the median cut, which gives up the few pixels of a warning for shades of grey.
        few = image.convert("RGB").quantize(
            _COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
    few.save(path, optimize=True)
