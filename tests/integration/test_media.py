"""Footage on the spare, looked at through Home Assistant: browsed, played, seen as a picture."""

from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.nvr_hotspare.const import CONF_ADMINS_ONLY, DOMAIN
from custom_components.nvr_hotspare.footage.identifier import FootageId
from custom_components.nvr_hotspare.footage.views import clip_path, picture_path
from custom_components.nvr_hotspare.nvr.builtin import channel_of
from custom_components.nvr_hotspare.recorder.archive import Archive
from tests.integration.lab import Lab, add_builtin_group, add_device
from tests.recorder.footage import indexed, recording

ROOT = f"media-source://{DOMAIN}"
SERIAL = "NVR/7"
"""Serials hold what makers like, a slash too."""
DAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
START = int(DAY.timestamp()) * 1_000_000_000

type Browse = Callable[..., Awaitable[dict[str, Any]]]


def write(archive: Archive, channel: int, start: int, data: bytes, *, close: bool = True) -> bytes:
    clip = archive.open(channel_of(f"{SERIAL}/{channel}"), start)
    clip.write(data)
    path = clip.close() if close else clip.path
    assert path is not None
    return path.read_bytes()


@pytest.fixture
async def entry(hass: HomeAssistant, builtin_home: Path, lab: Lab) -> ConfigEntry:
    """A group with one recorder of two cameras, whose spare is Home Assistant."""
    cameras = await lab.cameras(2)
    nvr = await lab.nvr(SERIAL, cameras)
    assert await async_setup_component(hass, "media_source", {})
    await hass.config.async_set_time_zone("UTC")
    entry = await add_builtin_group(hass, builtin_home / "footage", standby="cold")
    await add_device(hass, entry, nvr, cameras)
    return entry


@pytest.fixture
def archive(entry: ConfigEntry, builtin_home: Path) -> Archive:
    assert entry.state is ConfigEntryState.LOADED
    return Archive(builtin_home / "footage", marked=True)


@pytest.fixture
async def browse(hass_ws_client: WebSocketGenerator, entry: ConfigEntry) -> Browse:
    assert entry.state is ConfigEntryState.LOADED
    client = await hass_ws_client()

    async def ask(identifier: str, call: str = "browse_media") -> dict[str, Any]:
        content = f"{ROOT}/{identifier}" if identifier else ROOT
        await client.send_json_auto_id(
            {"type": f"media_source/{call}", "media_content_id": content}
        )
        answer: dict[str, Any] = await client.receive_json()
        return answer

    return ask


def scene(entry: ConfigEntry, start: int = START) -> str:
    day = DAY.date()
    return str(FootageId(group=entry.entry_id, unit=SERIAL, channel=1, day=day, start=start))


async def play(browse: Browse, hass_client_no_auth: ClientSessionGenerator, found: str) -> Any:
    """Return the client of somebody who knows nothing but the signed path, and that path."""
    answer = await browse(found, call="resolve_media")
    return await hass_client_no_auth(), answer["result"]["url"]


async def test_footage_is_found_by_unit_camera_day_and_time(
    archive: Archive, browse: Browse
) -> None:
    write(archive, 1, START, recording(3))
    write(archive, 1, START + 60_000_000_000, recording(2), close=False)
    titles = []
    level = (await browse(""))["result"]
    while level["children"] and level["children"][0]["can_expand"]:
        (child,) = level["children"]
        titles.append(child["title"])
        level = (await browse(child["media_content_id"].removeprefix(f"{ROOT}/")))["result"]
    assert titles[0].startswith("NVR Hot Spare Virtual NVR")
    assert titles[1:] == ["Camera 1", "2026-11-20 (2)"]
    assert [child["title"] for child in level["children"]] == [
        "12:00:00 · 0:03 · Built-in recorder",
        "12:01:00 · 0:02 · Built-in recorder",
    ]


async def test_a_scene_is_played_from_a_signed_path_whole_and_in_part(
    entry: ConfigEntry,
    archive: Archive,
    browse: Browse,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    data = write(archive, 1, START, recording(3))
    client, url = await play(browse, hass_client_no_auth, scene(entry))
    whole = await client.get(url)
    assert (whole.status, whole.content_type) == (HTTPStatus.OK, "video/mp4")
    assert await whole.read() == data
    assert "2026-11-20_12-00-00.mp4" in whole.headers["Content-Disposition"]
    part = await client.get(url, headers={"Range": "bytes=100-199"})
    assert part.status == HTTPStatus.PARTIAL_CONTENT
    assert await part.read() == data[100:200]


async def test_nobody_plays_a_scene_without_a_signature(
    entry: ConfigEntry,
    archive: Archive,
    browse: Browse,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    write(archive, 1, START, recording(1))
    client, url = await play(browse, hass_client_no_auth, scene(entry))
    assert (await client.get(url.partition("?")[0])).status == HTTPStatus.UNAUTHORIZED


async def test_a_scene_has_a_picture(
    entry: ConfigEntry, archive: Archive, browse: Browse, hass_client: ClientSessionGenerator
) -> None:
    write(archive, 1, START, indexed(recording(1)))
    day = str(FootageId(group=entry.entry_id, unit=SERIAL, channel=1, day=DAY.date()))
    (child,) = (await browse(day))["result"]["children"]
    answer = await (await hass_client()).get(child["thumbnail"])
    assert (answer.status, answer.content_type) == (HTTPStatus.OK, "image/jpeg")
    assert (await answer.read()).startswith(b"\xff\xd8")


async def test_damaged_footage_has_no_picture_and_is_not_listed(
    entry: ConfigEntry, archive: Archive, browse: Browse, hass_client: ClientSessionGenerator
) -> None:
    write(archive, 1, START, b"no footage at all")
    day = str(FootageId(group=entry.entry_id, unit=SERIAL, channel=1, day=DAY.date()))
    assert (await browse(day))["result"]["children"] == []
    path = picture_path(FootageId.parse(scene(entry)))
    assert (await (await hass_client()).get(path)).status == HTTPStatus.NOT_FOUND


async def test_a_clip_tells_its_length_to_who_asks_for_its_head_only(
    entry: ConfigEntry, archive: Archive, hass_client: ClientSessionGenerator
) -> None:
    data = write(archive, 1, START, recording(1))
    path = clip_path(FootageId.parse(scene(entry)))
    answer = await (await hass_client()).head(path)
    assert answer.status == HTTPStatus.OK
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert int(answer.headers["Content-Length"]) == len(data)


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "bytes=99999999-", "bytes=5-1", "lines=1-2"])
async def test_ranges_that_make_no_sense_are_refused(
    entry: ConfigEntry, archive: Archive, hass_client: ClientSessionGenerator, asked: str
) -> None:
    write(archive, 1, START, recording(1))
    path = clip_path(FootageId.parse(scene(entry)))
    answer = await (await hass_client()).get(path, headers={"Range": asked})
    assert answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE


def path_of(name: str) -> str:
    """Return where a clip of any name would be."""
    return f"/api/{DOMAIN}/clip/{urlsafe_b64encode(name.encode()).decode()}"


@pytest.mark.parametrize(
    "name",
    [
        "{group}/..%2F..%2F..%2Fetc/1/{day}/{start}",
        "{group}/../1/{day}/{start}",
        "{group}/NVR%2f7/1/{day}/{start}",
        "{group}/NVR%2F7/+1/{day}/{start}",
        "{group}/NVR%2F7/1/2026-W47-5/{start}",
        "{group}/NVR%2F7/1/0001-01-01/{start}",
        "{group}/NVR%2F7/1/{day}/0",
        "{group}/NVR%2F7/1/{day}/1" + "0" * 30,
        "{group}/NVR%2F7/1/{day}/-{start}",
        "{group}/NVR%2F7/" + "9" * 5000 + "/{day}/{start}",
        "{other}/NVR%2F7/1/{day}/{start}",
        "{group}/NVR%2F7/1/{day}/{start}\0",
    ],
)
async def test_a_made_up_name_leads_nowhere(
    hass: HomeAssistant,
    entry: ConfigEntry,
    browse: Browse,
    hass_client: ClientSessionGenerator,
    name: str,
) -> None:
    other = MockConfigEntry(domain="other")  # of another integration
    other.add_to_hass(hass)
    other.mock_state(hass, ConfigEntryState.LOADED)
    name = name.format(group=entry.entry_id, other=other.entry_id, day=DAY.date(), start=START)
    assert (await (await hass_client()).get(path_of(name))).status == HTTPStatus.NOT_FOUND
    for call, code in (
        ("browse_media", "browse_media_failed"),
        ("resolve_media", "resolve_media_failed"),
    ):
        assert (await browse(name, call=call))["error"]["code"] == code


async def test_a_group_that_is_not_loaded_shows_nothing(
    hass: HomeAssistant,
    entry: ConfigEntry,
    archive: Archive,
    browse: Browse,
    hass_client: ClientSessionGenerator,
) -> None:
    write(archive, 1, START, recording(1))
    await hass.config_entries.async_unload(entry.entry_id)
    path = clip_path(FootageId.parse(scene(entry)))
    assert (await (await hass_client()).get(path)).status == HTTPStatus.NOT_FOUND
    assert (await browse(""))["result"]["children"] == []


@pytest.mark.usefixtures("entry")
@pytest.mark.parametrize("name", ["", "x", "eA==", "/w=="])
async def test_a_path_that_names_no_scene_is_not_found(
    hass_client: ClientSessionGenerator, name: str
) -> None:
    path = f"/api/{DOMAIN}/clip/{name}"
    assert (await (await hass_client()).get(path)).status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("name", ["x", "x/y", "{group}/U/1/2026-13-01", "{group}", "a/b/c/d/e/f"])
async def test_what_names_no_footage_is_told_so(
    entry: ConfigEntry, browse: Browse, name: str
) -> None:
    answer = await browse(name.format(group=entry.entry_id))
    assert answer["error"]["code"] == "browse_media_failed"
    assert "no footage" in answer["error"]["message"]


async def test_a_scene_that_is_gone_is_not_found(
    entry: ConfigEntry, browse: Browse, hass_client: ClientSessionGenerator
) -> None:
    answer = await browse(scene(entry), call="resolve_media")
    assert "no footage" in answer["error"]["message"]
    path = clip_path(FootageId.parse(scene(entry)))
    assert (await (await hass_client()).get(path)).status == HTTPStatus.NOT_FOUND


async def test_a_day_or_a_stranger_can_not_be_played(entry: ConfigEntry, browse: Browse) -> None:
    day = str(FootageId(group=entry.entry_id, unit=SERIAL, channel=1, day=DAY.date()))
    for name in (day, "nothing/of/ours"):
        answer = await browse(name, call="resolve_media")
        assert answer["error"]["code"] == "resolve_media_failed"


async def test_a_folder_that_is_gone_is_told_to_who_looks_there(
    archive: Archive, browse: Browse
) -> None:
    write(archive, 1, START, recording(1))
    archive.folder.rename(archive.folder.with_name("elsewhere"))
    (unit,) = (await browse(""))["result"]["children"]
    unit = await browse(unit["media_content_id"].removeprefix(f"{ROOT}/"))
    for camera in unit["result"]["children"]:
        answer = await browse(camera["media_content_id"].removeprefix(f"{ROOT}/"))
        assert "can't be read" in answer["error"]["message"]


@pytest.fixture
def admins_only(hass: HomeAssistant, entry: ConfigEntry, archive: Archive) -> str:
    """Footage that is not for everybody; its identifier."""
    write(archive, 1, START, recording(1))
    hass.config_entries.async_update_entry(entry, options={CONF_ADMINS_ONLY: True})
    return scene(entry)


async def test_footage_can_be_for_administrators_only(
    admins_only: str, browse: Browse, hass_client: ClientSessionGenerator, hass_admin_user: MockUser
) -> None:
    _, url = await play(browse, hass_client, admins_only)
    client: TestClient[Any, Any] = await hass_client()
    assert (await client.get(url)).status == HTTPStatus.OK
    hass_admin_user.groups = []
    hass_admin_user.invalidate_cache()
    assert (await client.get(url)).status == HTTPStatus.FORBIDDEN
    assert (await browse(""))["result"]["children"] == []
    for name, call in (
        (admins_only.rpartition("/")[0], "browse_media"),
        (admins_only, "resolve_media"),
    ):
        answer = await browse(name, call=call)
        assert "administrators" in answer["error"]["message"]
