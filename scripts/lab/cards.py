"""The integration's cards, found on a page of Home Assistant."""

from typing import Final

from playwright.async_api import Locator, Page, expect

CARD: Final = "nvr-hotspare-card"
OUTAGES: Final = "nvr-hotspare-outages-card"
LONG: Final = 180_000
"""Milliseconds that anything may take on a busy machine."""


def unit(page: Page, name: str) -> Locator:
    """Return what the first card shows of a unit."""
    named = page.locator("h4").filter(has_text=name)
    return page.locator(CARD).first.locator(".unit").filter(has=named)


async def shows(page: Page, name: str, status: str) -> None:
    """Wait until the card shows a status of a unit."""
    await expect(unit(page, name).locator(".pill")).to_have_text(status, timeout=LONG)
