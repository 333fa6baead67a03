"""A real browser, signed in to Home Assistant."""

import asyncio
from collections.abc import AsyncGenerator
import contextlib
import json
import shutil
import time
from typing import Any

from playwright.async_api import Browser, Locator, Page, async_playwright

from .home_assistant import HomeAssistant
from .processes import ProgramError

_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextlib.asynccontextmanager
async def running() -> AsyncGenerator[Browser]:
    """Headless Chromium for as long as the block runs.

    Raises:
        ProgramError: There is none.
    """
    if (chromium := shutil.which("chromium")) is None:
        raise ProgramError("chromium is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=_QUIET)
        try:
            yield browser
        finally:
            await browser.close()


async def sign_in(
    browser: Browser,
    home: HomeAssistant,
    *,
    width: int = 1280,
    height: int = 800,
    language: str = "en",
    **context: Any,
) -> Page:
    """Return a page of a fresh context whose user is signed in to this Home Assistant.

    Args:
        browser: Where it is opened.
        home: Whose frontend is to be shown; it is not opened yet.
        width: Of the page, in pixels.
        height: Of the page, in pixels.
        language: Of the frontend.
        context: What else Playwright is to know of the context.
    """
    tokens = {
        "hassUrl": home.url,
        "clientId": home.url + "/",
        "access_token": home.token,
        "token_type": "Bearer",
        "refresh_token": "",
        "expires_in": 86_400,
        "expires": (time.time() + 86_400) * 1000,
    }
    stored = {"hassTokens": json.dumps(tokens), "selectedLanguage": json.dumps(language)}
    opened = await browser.new_context(
        viewport={"width": width, "height": height}, service_workers="block", **context
    )
    await opened.add_init_script(f"Object.assign(localStorage, {json.dumps(stored)})")
    return await opened.new_page()


@contextlib.asynccontextmanager
async def signed_in(
    home: HomeAssistant, width: int = 1280, height: int = 800
) -> AsyncGenerator[Page]:
    """A page of a browser of its own whose user is signed in to this Home Assistant."""
    async with running() as browser:
        yield await sign_in(browser, home, width=width, height=height)


async def plays(video: Locator, since: float) -> None:
    """Wait until a video has played from a second on, without an error."""
    async with asyncio.timeout(120):
        while True:
            position, ready, error = await video.evaluate(
                "video => [video.currentTime, video.readyState, video.error?.message ?? null]"
            )
            assert error is None
            if position > since and ready >= 2:  # noqa: PLR2004 (HAVE_CURRENT_DATA)
                return
            await asyncio.sleep(0.1)
