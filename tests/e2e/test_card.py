"""The card and the dashboard in a real browser, before a real Home Assistant with real recorders.

One site, one Home Assistant and one browser serve all tests of this module, in order. The footage
of the first recorder goes back into its folder, slowly; that of the second stays on the spare.
"""

import asyncio
from collections.abc import AsyncGenerator
import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from PIL import Image
from playwright.async_api import Browser, Locator, Page, expect
import pytest
import pytest_asyncio

from scripts.lab import browser as chromium, home_assistant, integration, site, spares
from scripts.lab.browser import plays
from scripts.lab.cards import CARD, LONG, OUTAGES, shows, unit
from scripts.lab.home_assistant import HomeAssistant
from scripts.lab.pictures import Studio
from scripts.lab.site import Plan, Site

PORT, SUBNET = 18134, 35
SHOP, WAREHOUSE = "Shop", "Warehouse"
FRESH, AT_ONCE = 20, 4
"""Browsers that have never seen Home Assistant: each of them has to show the card."""
SMALL = 60_000
"""Bytes of a picture of the card."""
MEGABIT = 4.0
"""Of footage given back a second: so slowly that one can look on."""
_AXE = """async element => {
    const told = await axe.run(element);
    const faults = told.violations.map(({ id, nodes }) => [id, nodes.map(node => node.html)]);
    return [faults, told.passes.length];
}"""

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(900)]


@dataclass(frozen=True, kw_only=True)
class Home:
    """Home Assistant, the site around it, and a browser."""

    assistant: HomeAssistant
    site: Site
    browser: Browser

    @contextlib.asynccontextmanager
    async def looking(self, path: str, **options: Any) -> AsyncGenerator[Page]:
        """A page of Home Assistant in a fresh context."""
        page = await chromium.sign_in(self.browser, self.assistant, **options)
        await page.goto(self.assistant.url + path)
        yield page
        await page.context.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Home]:
    folder = tmp_path_factory.mktemp("card")
    config = folder / "home-assistant"
    config.mkdir()
    plan = Plan(working_devices=2, channels=2, spare=False, subnet=SUBNET)
    async with site.running(plan, folder / "site") as here, chromium.running() as browser:
        try:
            async with home_assistant.running(config, PORT) as assistant:
                await set_up(assistant, here, folder / "footage")
                yield Home(assistant=assistant, site=here, browser=browser)
        finally:
            await spares.end_engines(config)


async def set_up(assistant: HomeAssistant, here: Site, footage: Path) -> None:
    """Make the group and two dashboards: the strategy's, and one that is made by hand."""
    group, _ = await spares.add_builtin(assistant, footage, "cold")
    for device, name in zip(here.working, (SHOP, WAREHOUSE), strict=True):
        await integration.add_working_device(
            assistant, group, device, here.camera_password, keep=name == WAREHOUSE
        )
        await integration.name_device(assistant, device.serial, name)
    await integration.set_bandwidth(assistant, group, MEGABIT)
    await integration.add_dashboard(assistant)
    cards = [
        {"type": f"custom:{CARD}"},
        {"type": f"custom:{CARD}", "group": "gone"},
        {"type": f"custom:{CARD}", "device": "gone"},
        {"type": f"custom:{OUTAGES}", "group": "gone"},
    ]
    view = {"title": "Cards", "path": "cards", "cards": cards}
    await assistant.call("lovelace/dashboards/create", url_path="by-hand", title="By hand")
    await assistant.call("lovelace/config/save", url_path="by-hand", config={"views": [view]})


async def finds_no_fault(card: Locator) -> None:
    """Have axe-core look at a card; it looks into its shadow tree, too."""
    await card.page.evaluate(AXE_SCRIPT)
    faults, passed = await card.evaluate(_AXE)
    assert faults == []
    assert passed


async def test_the_card_loads_in_every_fresh_browser(home: Home) -> None:
    async def load() -> None:
        # Not the strategy's: Home Assistant waits 5 s for its code, however busy the machine is.
        async with home.looking("/by-hand/cards") as page:
            await shows(page, SHOP, "Recording")
            await shows(page, WAREHOUSE, "Recording")

    for _ in range(FRESH // AT_ONCE):
        await asyncio.gather(*(load() for _ in range(AT_ONCE)))


async def test_an_outage_is_followed_through_all_its_states(home: Home) -> None:
    program = home.site.working[0].program
    async with home.looking("/hot-spare/overview", color_scheme="dark") as page:
        await shows(page, SHOP, "Recording")
        shop, spare = unit(page, SHOP), page.locator(CARD).locator(".unit").last
        await expect(shop.locator(".timeline .own")).to_have_count(1, timeout=LONG)
        await program.kill()
        await expect(shop.get_by_text("Offline")).to_be_visible(timeout=LONG)
        await shows(page, SHOP, "Backing up")
        await expect(shop.locator(".chips li")).to_have_count(2, timeout=LONG)
        await expect(shop.locator(".timeline a.spare")).to_have_count(1, timeout=LONG)
        await expect(spare.locator(".pill")).to_have_text("Backing up", timeout=LONG)
        await expect(spare.get_by_text("Stands in for Shop")).to_be_visible()
        await expect(page.locator(CARD).get_by_role("status")).to_have_text("Shop: Backing up")
        await finds_no_fault(page.locator(CARD))
        await asyncio.sleep(10)  # so that there is something to give back
        await program.start_and_wait()
        await shows(page, SHOP, "Synchronizing")
        await expect(shop.get_by_role("progressbar")).to_be_visible(timeout=LONG)
        await finds_no_fault(page.locator(CARD))
        await shows(page, SHOP, "Recording")
        await shows(page, WAREHOUSE, "Recording")


async def test_what_a_spare_recorded_is_watched_from_the_timeline(home: Home) -> None:
    async with home.looking("/hot-spare/overview", width=390, height=844) as page:
        shop = unit(page, SHOP)
        await shop.get_by_role("button", name="Details of Shop").click(timeout=LONG)
        await expect(shop.get_by_text("given back")).to_be_visible(timeout=LONG)
        await finds_no_fault(page.locator(CARD))
        await shop.locator(".cameras .spare").last.dispatch_event("click")
        await plays(page.locator("dialog video"), since=0.5)
        await finds_no_fault(page.locator(CARD))
        await page.get_by_role("button", name="Close").click()
        await expect(page.locator("dialog.footage")).to_have_count(0)


async def test_cameras_that_nobody_records_are_impossible_to_overlook(home: Home) -> None:
    serial = home.site.working[1].serial
    entities = await integration.device_entities(home.assistant, serial)
    switched = {"domain": "switch", "target": {"entity_id": entities.protection}}
    await home.assistant.call("call_service", service="turn_off", **switched)
    await home.site.working[1].program.kill()
    async with home.looking("/hot-spare/overview", width=390, height=844, language="he") as page:
        await shows(page, WAREHOUSE, "Not backed up")
        card = page.locator(CARD)
        await expect(card.get_by_role("alert")).to_contain_text("nobody records: 2")
        missed = unit(page, WAREHOUSE).locator(".missed")
        await expect(missed).to_contain_text("Protection is switched off")
        await finds_no_fault(card)
        await home.assistant.call("call_service", service="turn_on", **switched)
        await shows(page, WAREHOUSE, "Backing up")
        await expect(card.get_by_role("alert")).to_have_count(0)
        await home.site.working[1].program.start_and_wait()
        await shows(page, WAREHOUSE, "Recording")


async def test_a_failover_is_tested_from_the_card_but_not_without_asking(home: Home) -> None:
    async with home.looking("/hot-spare/overview") as page:
        warehouse = unit(page, WAREHOUSE)
        await warehouse.get_by_role("button", name="Details of Warehouse").click(timeout=LONG)
        test = warehouse.get_by_role("button", name="Test failover")
        await test.click(timeout=LONG)
        await finds_no_fault(page.locator(CARD))
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog")).to_have_count(0)
        await expect(warehouse.get_by_text("None yet")).to_be_visible()
        await test.click()
        await page.locator("dialog").get_by_role("button", name="Test failover").click()
        await expect(warehouse.get_by_text("all cameras were recorded")).to_be_visible(timeout=LONG)
        await expect(test).to_be_enabled(timeout=LONG)


async def test_outages_are_listed_with_what_was_lost(home: Home) -> None:
    async with home.looking("/hot-spare/outages", width=820, height=1180) as page:
        card = page.locator(OUTAGES)
        await expect(card.locator(".outages > li")).to_have_count(2, timeout=LONG)
        await expect(card.get_by_role("row")).to_have_count(6)
        await expect(card.locator("h3")).to_have_text([WAREHOUSE, SHOP])
        await finds_no_fault(card)


async def test_cameras_are_given_back_from_the_card_but_not_without_asking(home: Home) -> None:
    device = await integration.device_id(home.assistant, home.site.working[1].serial)
    taken_over = {"domain": integration.DOMAIN, "service_data": {"device_id": [device]}}
    await home.assistant.call("call_service", service="take_over", **taken_over)
    async with home.looking("/hot-spare/overview") as page:
        warehouse = unit(page, WAREHOUSE)
        recorded = warehouse.locator(".chips li")
        await expect(recorded).to_have_count(2, timeout=LONG)
        await warehouse.get_by_role("button", name="Details of Warehouse").click()
        give_back = warehouse.get_by_role("button", name="Give back")
        await give_back.click()
        asked = page.locator("dialog")
        await expect(asked).to_contain_text("Give the cameras back to Warehouse?")
        await finds_no_fault(page.locator(CARD))
        await asked.get_by_role("button", name="Cancel").click()
        await expect(asked).to_have_count(0)
        await expect(recorded).to_have_count(2)
        await give_back.click()
        await asked.get_by_role("button", name="Give back").click()
        await expect(recorded).to_have_count(0, timeout=LONG)
        await expect(give_back).to_have_count(0, timeout=LONG)
        await shows(page, WAREHOUSE, "Recording")


async def test_the_dashboard_shows_all_cameras(home: Home) -> None:
    async with home.looking("/hot-spare/cameras") as page:
        await expect(page.locator("hui-picture-entity-card")).to_have_count(4, timeout=LONG)


async def test_what_is_gone_is_told_in_a_friendly_way(home: Home) -> None:
    async with home.looking("/by-hand/cards") as page:
        await expect(page.locator(".note")).to_have_count(3, timeout=LONG)
        await expect(page.locator("hui-error-card")).to_have_count(0)
        await finds_no_fault(page.locator(CARD).nth(1))


async def test_the_visual_editor_changes_the_card(home: Home) -> None:
    async with home.looking("/by-hand/cards?edit=1") as page:
        await shows(page, SHOP, "Recording")
        await expect(page.locator(CARD).first.locator("h2")).to_have_text("NVR Hot Spare")
        await page.locator("hui-card-options").first.get_by_text("Edit").first.click(timeout=LONG)
        editor = page.locator("hui-dialog-edit-card")
        await expect(editor.get_by_text("Leave it empty to show the first one.")).to_be_visible(
            timeout=LONG
        )
        await editor.locator("ha-selector-text input").fill("Night shift")
        preview = editor.locator(CARD).locator("h2")
        await expect(preview).to_have_text("Night shift", timeout=LONG)
        await editor.get_by_text("Save", exact=True).click()
        await expect(page.locator(CARD).first.locator("h2")).to_have_text("Night shift")
    saved = await home.assistant.call("lovelace/config", url_path="by-hand")
    assert saved["views"][0]["cards"][0] == {"type": f"custom:{CARD}", "title": "Night shift"}


async def test_home_assistant_suggests_the_card_for_our_entities(home: Home) -> None:
    shop = home.site.working[0].serial
    device = await integration.device_id(home.assistant, shop)
    entity = (await integration.device_entities(home.assistant, shop)).working_status
    group = await integration.group_id(home.assistant)
    registered = await home.assistant.call("config/entity_registry/list")
    (whole,) = [it for it in registered if it["translation_key"] == "fully_protected"]
    async with home.looking("/by-hand/cards?edit=1", height=1000) as page:
        picker = page.locator("hui-dialog-create-card")
        await page.get_by_role("button", name="Add card").click(timeout=LONG)
        await look_for(picker, "Demo", "person.demo")
        await expect(suggested(picker)).to_have_count(0)
        await look_for(picker, "Fully protected", whole["entity_id"])
        await expect(suggested(picker).locator(".unit")).to_have_count(3, timeout=LONG)
        await look_for(picker, "Working status", entity)
        await expect(suggested(picker).locator("h4")).to_have_text([SHOP], timeout=LONG)
        await suggested(picker).get_by_role("button", name="NVR Hot Spare").click()
        await expect(picker.locator("dialog")).to_have_count(0)
    saved = await home.assistant.call("lovelace/config", url_path="by-hand")
    added = {"type": f"custom:{CARD}", "group": group, "device": device}
    assert saved["views"][0]["cards"][-1] == added


async def look_for(picker: Locator, text: str, entity: str) -> None:
    """Choose an entity in the dialog in which cards are added."""
    await picker.locator("ha-input-search input").fill(text, timeout=LONG)
    await picker.locator(f"[data-entity-id='{entity}']").click(timeout=LONG)


def suggested(picker: Locator) -> Locator:
    """Return the suggestion of our card, if it is one."""
    ours = picker.page.locator(CARD)
    return picker.locator("hui-suggestion-card").filter(has=ours)


async def test_a_picture_of_the_card_is_taken_as_scripts_screenshots_does(
    home: Home, tmp_path: Path
) -> None:
    studio = Studio(home=home.assistant, site=home.site, browser=home.browser, folder=tmp_path)
    async with studio.looking("/hot-spare/overview", width=800, height=800) as page:
        await shows(page, SHOP, "Recording")
        box = await page.locator(CARD).bounding_box()
        await studio.take(page.locator(CARD), "card")
    picture = tmp_path / "card.png"
    assert box is not None
    with Image.open(picture) as image:
        assert image.format == "PNG"
        assert image.width == pytest.approx(box["width"], abs=1)
    assert picture.stat().st_size < SMALL
