"""Footage on a spare that is a recorder, looked at through Home Assistant."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
import json
from pathlib import Path
import time
from typing import Any
from urllib.parse import quote

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.nvr_hotspare.const import DOMAIN
from custom_components.nvr_hotspare.footage import network_shelf, scene_folder, scenes
from custom_components.nvr_hotspare.footage.identifier import FootageId
from custom_components.nvr_hotspare.footage.views import clip_path, picture_path
from custom_components.nvr_hotspare.nvr.errors import UnitCredentialsError, UnitUnsupportedError
from custom_components.nvr_hotspare.nvr.onvif import OnvifUnit
from custom_components.nvr_hotspare.recorder.mp4.index import read_length
from custom_components.nvr_hotspare.recorder.scene.child import receive
from custom_components.nvr_hotspare.recorder.scene.messages import Order, Outcome
from tests.integration.lab import Lab, device_id, entity_id, eventually, state
from tests.recorder.clips import put_clip
from tests.recorder.footage import decode, frames
from virtual_nvr.nvr.unit import VirtualNvr

ROOT = f"media-source://{DOMAIN}"
SECOND = 1_000_000_000
MARK = (time.time_ns() // network_shelf.LENGTH - 4) * network_shelf.LENGTH
"""A mark of the clock some minutes ago."""
START = MARK - 15 * SECOND
FPS = 25

type Look = Callable[..., Awaitable[dict[str, Any]]]


def folder_of(spare: VirtualNvr, key: str) -> Path:
    """Return where a spare has the footage of a camera."""
    told = json.loads((spare.config.folder / "unit.json").read_text())
    (token,) = [
        it["token"]
        for it in told["recordings"]
        if it["labels"]["source_id"].endswith(quote(key, safe=""))
    ]
    return spare.config.folder / "recordings" / str(token)


@pytest.fixture
async def footage(hass: HomeAssistant, entry: ConfigEntry, spare: VirtualNvr) -> Path:
    """Half a minute that the spare has of the first camera, to both sides of a mark."""
    assert await async_setup_component(hass, "media_source", {})
    await hass.config.async_set_time_zone("UTC")
    assert entry.runtime_data

    def put() -> Path:
        return put_clip(folder_of(spare, "NVR-1/1"), frames(30 * FPS, start=START))

    return await hass.async_add_executor_job(put)


@pytest.fixture
async def look(hass_ws_client: WebSocketGenerator, footage: Path) -> Look:
    assert footage
    client = await hass_ws_client()

    async def ask(identifier: str, call: str = "browse_media") -> dict[str, Any]:
        content = identifier if identifier.startswith(ROOT) else f"{ROOT}/{identifier}"
        await client.send_json_auto_id(
            {"type": f"media_source/{call}", "media_content_id": content.rstrip("/")}
        )
        answer: dict[str, Any] = await client.receive_json()
        return answer

    return ask


def scene(entry: ConfigEntry, start: int = START, channel: int = 1) -> FootageId:
    day = datetime.fromtimestamp(start // SECOND, UTC).date()
    return FootageId(group=entry.entry_id, unit="NVR-1", channel=channel, day=day, start=start)


@pytest.mark.usefixtures("footage")
async def test_footage_is_found_and_cut_at_the_marks_of_the_clock(look: Look) -> None:
    titles = []
    level = (await look(""))["result"]
    while level["children"] and level["children"][0]["can_expand"]:
        child = level["children"][-1 if "(" in level["children"][0]["title"] else 0]
        titles.append(child["title"].partition(" (")[0])
        level = (await look(child["media_content_id"]))["result"]
    assert titles[1:2] == ["Camera 1"]
    begins = datetime.fromtimestamp(START // SECOND, UTC)
    assert level["children"][0]["title"].startswith(f"{begins:%H:%M:%S} · 0:15 · ")


@pytest.mark.usefixtures("footage")
async def test_a_scene_is_fetched_played_in_parts_and_kept(
    hass: HomeAssistant, entry: ConfigEntry, look: Look, hass_client_no_auth: ClientSessionGenerator
) -> None:
    url = (await look(str(scene(entry)), call="resolve_media"))["result"]["url"]
    client = await hass_client_no_auth()
    whole = await client.get(url)
    assert (whole.status, whole.content_type) == (HTTPStatus.OK, "video/mp4")
    data = await whole.read()
    part = await client.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status, await part.read()) == (HTTPStatus.PARTIAL_CONTENT, data[100:200])
    (file,) = await hass.async_add_executor_job(fetched, hass, entry)
    count, complaints = await decode(file)
    assert complaints == ""
    assert count == pytest.approx(15 * FPS, abs=FPS)


@pytest.mark.usefixtures("footage", "entry")
async def test_a_span_is_exported_scene_by_scene(
    hass: HomeAssistant, nvr: VirtualNvr, tmp_path: Path
) -> None:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    begin, end = (datetime.fromtimestamp(MARK // SECOND + at, UTC) for at in (-4, 5))
    data = {"start": begin, "end": end, "folder": str(tmp_path / "export"), "channels": [1]}
    data["device_id"] = device_id(hass, nvr)
    answer: Any = await hass.services.async_call(
        DOMAIN, "export_footage", data, blocking=True, return_response=True
    )
    files = answer["files"]
    assert len(files) == 2
    for told, seconds in zip(files, (4, 5), strict=True):
        count, complaints = await decode(Path(told["path"]))
        assert complaints == ""
        assert count == told["frames"] == pytest.approx(seconds * FPS, abs=FPS)


def fetched(hass: HomeAssistant, entry: ConfigEntry) -> list[Path]:
    """Return the files of scenes that were fetched, or are being."""
    folder = Path(hass.config.cache_path(DOMAIN, "scenes", entry.entry_id))
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.usefixtures("footage")
async def test_a_picture_takes_no_more_than_a_key_frame(
    hass: HomeAssistant, entry: ConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    answer = await (await hass_client()).get(picture_path(scene(entry)))
    assert (answer.status, answer.content_type) == (HTTPStatus.OK, "image/jpeg")
    assert (await answer.read()).startswith(b"\xff\xd8")
    (file,) = await hass.async_add_executor_job(fetched, hass, entry)
    with file.open("rb") as opened:
        assert await hass.async_add_executor_job(read_length, opened) <= SECOND // FPS


class Slow:
    """Fetches scenes, and waits until it may."""

    def __init__(self) -> None:
        self.began = 0
        self.ended = 0
        self.may = asyncio.Event()

    async def receive(self, order: Order, within: float) -> Outcome:
        self.began += 1
        try:
            await self.may.wait()
            return await receive(order, within)
        finally:
            self.ended += 1


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    slow = Slow()
    monkeypatch.setattr(scenes, "receive", slow.receive)
    return slow


@pytest.fixture
async def viewers(
    entry: ConfigEntry, footage: Path, hass_client: ClientSessionGenerator, slow: Slow
) -> list[asyncio.Task[bytes]]:
    """Two who want the same scene, which is being fetched."""
    assert footage
    client, path = await hass_client(), clip_path(scene(entry))

    async def watch() -> bytes:
        answer = await client.get(path)
        assert answer.status == HTTPStatus.OK
        data: bytes = await answer.read()
        return data

    tasks = [asyncio.create_task(watch()) for _ in range(2)]
    await eventually(lambda: slow.began == 1)
    await asyncio.sleep(0.5)
    return tasks


async def test_two_who_want_the_same_scene_share_it(
    viewers: list[asyncio.Task[bytes]], slow: Slow
) -> None:
    slow.may.set()
    first, second = await asyncio.gather(*viewers)
    assert first == second != b""
    assert slow.began == 1


async def test_who_goes_away_leaves_it_to_who_waits(
    viewers: list[asyncio.Task[bytes]], slow: Slow
) -> None:
    viewers[0].cancel()
    await asyncio.sleep(0.5)
    slow.may.set()
    assert await viewers[1]
    assert slow.began == 1


async def test_a_scene_that_nobody_waits_for_is_not_fetched_on(
    hass: HomeAssistant,
    entry: ConfigEntry,
    viewers: list[asyncio.Task[bytes]],
    slow: Slow,
) -> None:
    for viewer in viewers:
        viewer.cancel()
    await eventually(lambda: slow.ended == 1)
    assert not await hass.async_add_executor_job(fetched, hass, entry)


async def test_a_group_that_is_unloaded_leaves_nothing_behind(
    hass: HomeAssistant, entry: ConfigEntry, viewers: list[asyncio.Task[bytes]], slow: Slow
) -> None:
    folder = Path(hass.config.cache_path(DOMAIN, "scenes", entry.entry_id))
    assert await hass.async_add_executor_job(folder.exists)
    await hass.config_entries.async_unload(entry.entry_id)
    assert slow.ended == 1
    assert not await hass.async_add_executor_job(folder.exists)
    await asyncio.gather(*viewers, return_exceptions=True)


@pytest.mark.usefixtures("footage")
async def test_what_others_left_is_removed_at_the_start(
    hass: HomeAssistant, entry: ConfigEntry
) -> None:
    folder = Path(hass.config.cache_path(DOMAIN, "scenes", entry.entry_id))

    def leave() -> None:
        folder.mkdir(parents=True)
        (folder / "7.mp4").write_bytes(b"left")

    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_add_executor_job(leave)
    await hass.config_entries.async_setup(entry.entry_id)
    assert not await hass.async_add_executor_job(fetched, hass, entry)


async def fetch(look: Look, found: FootageId) -> None:
    answer = await look(str(found), call="resolve_media")
    assert answer["success"], answer


@pytest.mark.usefixtures("footage")
async def test_scenes_that_take_too_much_room_make_room_for_others(
    hass: HomeAssistant, entry: ConfigEntry, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene_folder, "_MOST_OF_ALL", 1)
    await fetch(look, scene(entry))
    before = await hass.async_add_executor_job(fetched, hass, entry)
    await fetch(look, scene(entry, MARK))
    after = await hass.async_add_executor_job(fetched, hass, entry)
    assert len(before) == len(after) == 1
    assert before != after


@pytest.mark.usefixtures("footage")
async def test_a_scene_that_nobody_looks_at_is_not_kept_for_long(
    hass: HomeAssistant, entry: ConfigEntry, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene_folder, "_AGE", 0.5)
    await fetch(look, scene(entry))
    async with asyncio.timeout(10):
        while await hass.async_add_executor_job(fetched, hass, entry):  # noqa: ASYNC110 (a file)
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("footage")
async def test_a_disk_without_room_is_told(
    entry: ConfigEntry, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene_folder, "_FREE", 1 << 62)
    answer = await look(str(scene(entry)), call="resolve_media")
    assert "no room" in answer["error"]["message"]


@pytest.mark.parametrize(
    ("start", "channel"),
    [(START - 86_400 * SECOND, 1), (START + 1, 1), (START, 7)],
    ids=["another day", "no whole second", "no camera"],
)
@pytest.mark.usefixtures("footage")
async def test_what_the_spare_has_not_is_not_found(
    entry: ConfigEntry, look: Look, start: int, channel: int
) -> None:
    answer = await look(str(scene(entry, start, channel)), call="resolve_media")
    assert "no footage" in answer["error"]["message"]


@pytest.mark.usefixtures("footage")
async def test_a_spare_that_is_away_is_told_wherever_it_is_looked_for(
    lab: Lab, entry: ConfigEntry, look: Look, hass_client: ClientSessionGenerator
) -> None:
    await lab.stop("SPARE")
    (unit,) = (await look(""))["result"]["children"]
    cameras = (await look(unit["media_content_id"]))["result"]["children"]
    assert [camera["title"] for camera in cameras] == ["Camera 1", "Camera 2"]
    answer = await look(cameras[0]["media_content_id"])
    assert "does not answer now" in answer["error"]["message"]
    answer = await look(str(scene(entry)), call="resolve_media")
    assert "does not answer now" in answer["error"]["message"]
    client = await hass_client()
    for path in (clip_path(scene(entry)), picture_path(scene(entry))):
        response = await client.get(path)
        assert response.status == HTTPStatus.SERVICE_UNAVAILABLE
        assert "does not answer now" in await response.text()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (UnitUnsupportedError("It has no search service"), "on the recorder itself"),
        (UnitCredentialsError("The password was rejected"), ": The password was rejected"),
        (TimeoutError(), "does not answer now"),
    ],
    ids=["can't", "refuses", "is slow"],
)
async def test_a_spare_that_tells_nothing_of_its_footage_is_told_so(
    entry: ConfigEntry,
    look: Look,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    sentence: str,
) -> None:
    async def fail(*_: object) -> None:
        raise error

    for call in ("footage", "replay"):
        monkeypatch.setattr(OnvifUnit, call, fail)
    wanted = scene(entry)
    for name, call in (
        (replace(wanted, day=None, start=None), "browse_media"),
        (wanted, "resolve_media"),
    ):
        answer = await look(str(name), call=call)
        assert sentence in answer["error"]["message"]


@pytest.mark.usefixtures("footage")
async def test_footage_of_a_removed_unit_is_still_found(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr, look: Look
) -> None:
    (unit,) = [it for it in entry.subentries.values() if it.unique_id == nvr.config.serial]
    hass.config_entries.async_remove_subentry(entry, unit.subentry_id)
    await hass.async_block_till_done()
    (found,) = (await look(""))["result"]["children"]
    (camera,) = (await look(found["media_content_id"]))["result"]["children"]
    assert camera["title"] == "1"
    await fetch(look, scene(entry))


async def test_after_an_outage_people_are_told_where_the_footage_is(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, look: Look
) -> None:
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await asyncio.sleep(1)
    await lab.start(nvr.config)
    await eventually(lambda: "footage" in attributes(hass, "event", nvr, "event"))
    told = attributes(hass, "event", nvr, "event")
    kept = attributes(hass, "sensor", nvr, "last_outage")
    assert told["event_type"] == "returned"
    assert (kept["footage"], kept["footage_kept"]) == (told["footage"], told["footage_kept"])
    title = f"NVR Hot Spare Virtual NVR ({nvr.config.host})"
    assert told["footage_kept"].endswith(f"Media > NVR Hot Spare > {title}.")
    found = (await look(told["footage"]))["result"]
    assert found["title"] == title
    assert [child["title"] for child in found["children"]] == ["Camera 1", "Camera 2"]


def attributes(hass: HomeAssistant, platform: str, nvr: VirtualNvr, key: str) -> dict[str, Any]:
    found = hass.states.get(entity_id(hass, platform, nvr, key))
    assert found is not None
    return dict(found.attributes)
