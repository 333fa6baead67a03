"""A real browser, signed in to Home Assistant."""

from collections.abc import AsyncGenerator
import contextlib
import json
import shutil
import time

from playwright.async_api import Page, async_playwright

from scripts.lab.home_assistant import HomeAssistant

_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextlib.asynccontextmanager
async def signed_in(
    home: HomeAssistant, width: int = 1280, height: int = 800
) -> AsyncGenerator[Page]:
    """A page of headless Chromium whose user is signed in to this Home Assistant."""
    chromium = shutil.which("chromium")
    assert chromium is not None, "the tests need chromium"
    tokens = {
        "hassUrl": home.url,
        "clientId": home.url + "/",
        "access_token": home.token,
        "token_type": "Bearer",
        "refresh_token": "",
        "expires_in": 86_400,
        "expires": (time.time() + 86_400) * 1000,
    }
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=_QUIET)
        context = await browser.new_context(
            viewport={"width": width, "height": height}, service_workers="block"
        )
        script = f"localStorage.hassTokens = {json.dumps(json.dumps(tokens))}"
        await context.add_init_script(script)
        yield await context.new_page()
        await browser.close()
