"""What is kept of outages that are over."""

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nvr_hotspare.const import DOMAIN
from custom_components.nvr_hotspare.failover.commands import Announce
from custom_components.nvr_hotspare.failover.model import Happening
from custom_components.nvr_hotspare.reports.reports import OutageReports

RETURNED = Announce("NVR-1", Happening.RETURNED, {"since": 100.0})
SYNCHRONIZED = Announce("NVR-1", Happening.SYNCHRONIZED, {"since": 100.0, "outages": 1})


async def test_home_assistant_may_be_killed_as_soon_as_something_was_reported(
    hass: HomeAssistant,
) -> None:
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(hass)
    reports = OutageReports(hass, entry, links=tuple)
    for said in (RETURNED, SYNCHRONIZED):
        reports.take(said)
    await hass.async_block_till_done()

    stored = OutageReports(hass, entry, links=tuple)
    await stored.load()
    assert stored.all("NVR-1") == reports.all("NVR-1")
    assert "synchronized" in stored.all("NVR-1")[0]
