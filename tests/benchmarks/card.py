"""`scripts/bench card`: how soon the card shows what has changed, and how much script that takes.

A real Home Assistant with a group of many recorders, and a real browser that shows them in a card.
One recorder after another ends and is started again. Counted is the time from when Home Assistant
knows it (the state of Connection) to when the browser has painted it, also without that in which
Home Assistant waited for a processor; and by the browser's profiler the card's script, shared among
all that the card was told meanwhile.
"""

import argparse
import asyncio
from collections.abc import AsyncGenerator, Sequence
import contextlib
from dataclasses import dataclass
from datetime import datetime
import json
from pathlib import Path
from statistics import median
import tempfile
import time
from typing import Any
import uuid

from playwright.async_api import CDPSession, Page, expect

from scripts.lab import browser, home_assistant, integration, spares
from scripts.lab.home_assistant import HomeAssistant
from virtual_nvr.nvr.config import NvrConfig
from virtual_nvr.nvr.unit import VirtualNvr

from .watched_home_assistant import Stall, read_stalls

PORT, SUBNET = 18135, 91
CAMERAS = 4
"""Of each recorder."""
_ENDED = 8
_STORED = Path(".storage", "core.config_entries")
_INTERVAL = 100
"""Microseconds between two looks of the profiler."""
_PAINTED = """(card, [name, connection]) => new Promise(resolve => {
    const shown = () => {
        const rows = [...card.shadowRoot.querySelectorAll(".unit")];
        const row = rows.find(it => it.querySelector("h4").textContent === name);
        if (!row.querySelector(".who p").textContent.includes(connection)) return;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => resolve(Date.now())));  // it is painted
    };
    const observer = new MutationObserver(shown);
    observer.observe(card.shadowRoot, { subtree: true, childList: true, characterData: true });
    window.watching = true;
})"""


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="scripts/bench card", description=__doc__)
    parser.add_argument("--nvrs", type=int, default=64, help="how many (64)")
    parser.add_argument("--ended", type=int, default=_ENDED, help="of them, for a while (8)")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        result = asyncio.run(show_changes(Path(folder), options.nvrs, options.ended))
    print(json.dumps(result, indent=None if options.json else 2), flush=True)


@dataclass(frozen=True, slots=True)
class _Change:
    """Of one recorder; seconds since 1970."""

    known: float
    """To Home Assistant."""
    shown: float
    """By the card."""


async def show_changes(
    folder: Path, nvrs: int, ended: int, *, port: int = PORT, subnet: int = SUBNET
) -> dict[str, object]:
    """Show changes of that many recorders in a card, and return what was measured.

    Args:
        folder: For all that is written.
        nvrs: Recorders of the group.
        ended: How many of them end and come back.
        port: Of Home Assistant.
        subnet: Where on the loopback network the recorders are.
    """
    config = folder / "home-assistant"
    config.mkdir()
    async with _recorders(folder, nvrs, subnet) as recorders:
        try:
            hass = ("-m", "tests.benchmarks.watched_home_assistant", str(folder / "stalls"))
            async with (
                home_assistant.running(config, port, hass=hass) as home,
                browser.running() as chromium,
            ):
                await spares.add_builtin(home, folder / "footage", "cold")
                await home.stop()
                _add_units(config / _STORED, [it.config for it in recorders])
                await home.start()
                address = await integration.add_dashboard(home)
                page = await browser.sign_in(chromium, home, height=2000)
                told = _count_told(page)
                await page.goto(f"{address}/overview")
                shown = page.locator("nvr-hotspare-card .pill")
                await expect(shown).to_have_count(nvrs + 1, timeout=180_000)
                moments, spent = await _measure(home, page, recorders[:ended], told)
        finally:
            await spares.end_engines(config)
    return {"nvrs": nvrs, **_delays(moments, read_stalls(folder / "stalls")), **spent}


def _delays(moments: Sequence[_Change], stalls: Sequence[Stall]) -> dict[str, object]:
    """Return how soon changes were shown, as they were and as they were not for want of time."""
    delays, unstarved = list[float](), list[float]()
    for change in moments:
        waited = sum(it.ms - it.cpu_ms for it in stalls if change.known <= it.at < change.shown)
        delays.append((change.shown - change.known) * 1000)
        unstarved.append(delays[-1] - waited)
    return {
        "changes": len(moments),
        "shown_after_ms": round(median(delays), 1),
        "shown_after_ms_at_most": round(max(delays), 1),
        "unstarved_ms": round(median(unstarved), 1),
        "unstarved_ms_at_most": round(max(unstarved), 1),
    }


class _Recorder:
    """One that answers and records nothing: the card has to show it, no more."""

    def __init__(self, folder: Path, number: int, subnet: int) -> None:
        self.config = NvrConfig(
            name=f"NVR {number}",
            serial=f"BENCH{number:03}",
            host=f"127.0.{subnet}.{10 + number}",
            username="admin",
            password="bench",
            folder=folder / f"nvr{number}",
        )
        self._running = contextlib.AsyncExitStack()

    async def start(self) -> None:
        await self._running.enter_async_context(VirtualNvr(self.config))

    async def end(self) -> None:
        await self._running.aclose()


@contextlib.asynccontextmanager
async def _recorders(folder: Path, count: int, subnet: int) -> AsyncGenerator[list[_Recorder]]:
    recorders = [_Recorder(folder, number, subnet) for number in range(1, count + 1)]
    try:
        for recorder in recorders:
            await recorder.start()
        yield recorders
    finally:
        for recorder in recorders:
            await recorder.end()


def _add_units(stored: Path, recorders: Sequence[NvrConfig]) -> None:
    """Add recorders to the only group, while Home Assistant is away."""
    content = json.loads(stored.read_text())
    (entry,) = (it for it in content["data"]["entries"] if it["domain"] == integration.DOMAIN)
    entry["subentries"] += [
        {
            "subentry_id": uuid.uuid4().hex,
            "subentry_type": "unit",
            "title": recorder.name,
            "unique_id": recorder.serial,
            "data": _unit(recorder),
        }
        for recorder in recorders
    ]
    stored.write_text(json.dumps(content))


def _unit(recorder: NvrConfig) -> dict[str, Any]:
    channels = [
        {
            "number": number,
            "name": f"Camera {number}",
            "uri": f"rtsp://{recorder.host}:9/{number}",
            "username": "",
            "password": "",
            "single_stream": False,
        }
        for number in range(1, CAMERAS + 1)
    ]
    return {
        "driver": "onvif",
        "work_mode": "normal",
        "host": recorder.host,
        "port": recorder.http_port,
        "username": recorder.username,
        "password": recorder.password,
        "manufacturer": recorder.manufacturer,
        "model": recorder.model,
        "firmware": recorder.firmware,
        "serial": recorder.serial,
        "mac": None,
        "channels": channels,
    }


async def _measure(
    home: HomeAssistant, page: Page, recorders: Sequence[_Recorder], told: list[str]
) -> tuple[list[_Change], dict[str, object]]:
    """End recorders and start them again; return when what was shown, and what the card spent."""
    told.clear()
    began = time.monotonic()
    profiler = await page.context.new_cdp_session(page)
    await _start(profiler)
    changes = []
    for recorder in recorders:
        shown = await integration.device_entities(home, recorder.config.serial)
        for what, connection in ((recorder.end, "Offline"), (recorder.start, "Online")):
            painted = asyncio.create_task(
                page.locator("nvr-hotspare-card").evaluate(
                    _PAINTED, [recorder.config.name, connection]
                )
            )
            await page.wait_for_function("window.watching")
            await page.evaluate("window.watching = false")
            await what()
            async with asyncio.timeout(120):
                at = await painted / 1000
            changes.append(_Change(await _changed(home, shown.connection), at))
    script, aside = await _stop(profiler)
    return changes, {
        "told": len(told),
        "script_ms_each": round(script / len(told), 2),
        "script_ms_a_second_aside": round(aside / (time.monotonic() - began), 2),
    }


def _count_told(page: Page) -> list[str]:
    """Return a list that grows with all that the card is told."""
    told = list[str]()

    def take(payload: str | bytes) -> None:
        told.extend(["units"] * str(payload).count('"units":['))

    page.on("websocket", lambda socket: socket.on("framereceived", take))
    return told


async def _changed(home: HomeAssistant, entity_id: str) -> float:
    """Return when Home Assistant noted the latest change of an entity, seconds since 1970."""
    (state,) = (it for it in await home.call("get_states") if it["entity_id"] == entity_id)
    return datetime.fromisoformat(state["last_updated"]).timestamp()


async def _start(profiler: CDPSession) -> None:
    await profiler.send("Profiler.enable")
    await profiler.send("Profiler.setSamplingInterval", {"interval": _INTERVAL})
    await profiler.send("Profiler.start")


async def _stop(profiler: CDPSession) -> tuple[float, float]:
    """Return the milliseconds of the card's script: for what it was told, and by itself."""
    profile = (await profiler.send("Profiler.stop"))["profile"]
    frames = {node["id"]: node["callFrame"] for node in profile["nodes"]}
    parents = {child: node["id"] for node in profile["nodes"] for child in node.get("children", ())}

    def calls(node: int | None) -> list[str]:
        names = list[str]()
        while node is not None:
            if "nvr-hotspare-card" in frames[node]["url"]:
                names.append(frames[node]["functionName"])
            node = parents.get(node)
        return names

    known = {node: calls(node) for node in frames}
    told = own = 0
    for node, spent in zip(profile["samples"], profile["timeDeltas"], strict=True):
        if "_take" in known[node]:
            told += spent
        elif known[node]:
            own += spent
    return told / 1000, own / 1000


if __name__ == "__main__":
    main()
