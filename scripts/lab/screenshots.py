"""`scripts/screenshots`: the pictures of README and the pages, from the real thing.

Two recorders are set up in a browser, fail in each way that the card has a colour for, and get
their footage back. Only the day before is made up: Home Assistant is told that they recorded in
it, for a timeline of some minutes shows nothing.
"""

import argparse
import asyncio
import json
from pathlib import Path
import shutil
import time
from typing import Final

from . import browser, card_pictures, home_assistant, integration, set_up_pictures, site, spares
from .pictures import Studio
from .processes import ROOT, until_told
from .site import Plan, Recorder

_FOLDER: Final = ROOT / ".cache" / "screenshots"
_PICTURES: Final = ROOT / "docs" / "pictures"
_PORT, _SUBNET = 18145, 45
_CAMERAS: Final = {"Shop": ("Entrance", "Till", "Stockroom"), "Warehouse": ("Gate", "Yard", "Ramp")}
_DISCOVERY_PORT: Final = 3702
_DAY: Final = 86_400.0


async def run(pictures: Path) -> None:
    """Make all pictures."""
    shutil.rmtree(_FOLDER, ignore_errors=True)
    config = _FOLDER / "home-assistant"
    config.mkdir(parents=True)
    pictures.mkdir(parents=True, exist_ok=True)
    plan = Plan(working_devices=2, channels=3, spare=False, subnet=_SUBNET)
    here = site.build(plan, _FOLDER / "site")
    for device, (name, cameras) in zip(here.working, _CAMERAS.items(), strict=True):
        _describe(device, name, cameras)
    try:
        await here.start()
        async with home_assistant.running(config, _PORT) as home, browser.running() as chromium:
            studio = Studio(home=home, site=here, browser=chromium, folder=pictures)
            group = await set_up_pictures.walk(studio, _FOLDER / "footage")
            await _set_up(studio, group)
            await home.stop()
            _remember_a_day(config / ".storage" / f"{integration.DOMAIN}.{group}.chronicle")
            await home.start()
            await card_pictures.take_all(studio, group)
    finally:
        await here.stop()
        await spares.end_engines(config)


def _describe(device: Recorder, name: str, cameras: tuple[str, ...]) -> None:
    """Have a virtual recorder tell the names that people give, and be found in the network."""
    path = device.folder.parent / "nvr.json"
    content = json.loads(path.read_text())
    content |= {"name": name, "discovery_port": _DISCOVERY_PORT}
    for channel, camera in zip(content["channels"], cameras, strict=True):
        channel["name"] = camera
    path.write_text(json.dumps(content))
    device.name, device.cameras = name, cameras


async def _set_up(studio: Studio, group: str) -> None:
    """Add the recorders, the footage of the first going back into its folder; drill them."""
    home, here = studio.home, studio.site
    for device in here.working:
        keep = device is not here.working[0]
        await integration.add_working_device(home, group, device, here.camera_password, keep=keep)
        await integration.name_device(home, device.serial, device.name)
    await integration.add_dashboard(home)
    await card_pictures.add_dashboard(home, here)
    await card_pictures.drill(studio)


def _remember_a_day(chronicle: Path) -> None:
    """Put a day in which the recorders recorded into what Home Assistant remembers."""
    content = json.loads(chronicle.read_text())
    for channels in content["data"]["devices"].values():
        for number in channels:
            channels[number] = [[time.time() - 2 * _DAY, "recorded"]]
    chronicle.write_text(json.dumps(content))


def main() -> None:
    """Make the pictures, and tell their size."""
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description=__doc__)
    parser.add_argument("--folder", type=Path, default=_PICTURES, help="for the pictures")
    folder: Path = parser.parse_args().folder
    asyncio.run(until_told(run(folder)))
    for picture in sorted(folder.glob("*.png")):
        print(f"{picture.stat().st_size / 1000:6.0f} kB  {picture.name}")


if __name__ == "__main__":
    main()
