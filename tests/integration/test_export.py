"""Footage of a time span, written into files."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
import errno
from pathlib import Path
import shutil
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.nvr_hotspare.const import CONF_ADMINS_ONLY, DOMAIN
from custom_components.nvr_hotspare.footage import export as exporting
from custom_components.nvr_hotspare.footage.export import LONGEST, span_between
from custom_components.nvr_hotspare.footage.library import Library
from custom_components.nvr_hotspare.nvr.builtin import channel_of
from custom_components.nvr_hotspare.recorder.archive import MARK, Archive
from custom_components.nvr_hotspare.recorder.errors import DamagedFootageError
from tests.integration.lab import Lab, add_builtin_group, add_device, device_id
from tests.recorder.clips import put_clip
from tests.recorder.footage import START, decode, frames, recording
from virtual_nvr.nvr.unit import VirtualNvr

SECOND = 1_000_000_000
FPS = 25

type Export = Callable[..., Awaitable[list[dict[str, Any]]]]


def at(seconds: float) -> datetime:
    """Return a moment so long after the footage begins, in whole milliseconds."""
    return datetime.fromtimestamp(START / SECOND, UTC) + timedelta(seconds=seconds)


@pytest.fixture
async def nvr(lab: Lab) -> VirtualNvr:
    """A recorder with two cameras."""
    return await lab.nvr("NVR-1", await lab.cameras(2))


@pytest.fixture
async def entry(hass: HomeAssistant, builtin_home: Path, lab: Lab, nvr: VirtualNvr) -> ConfigEntry:
    """A group with one recorder whose spare is Home Assistant, and does not record now."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    entry = await add_builtin_group(hass, builtin_home / "footage", standby="cold")
    await add_device(hass, entry, nvr, await lab.cameras(2))
    return entry


@pytest.fixture
def media(hass: HomeAssistant, builtin_home: Path) -> Path:
    """A folder that Home Assistant may write to."""
    folder = builtin_home / "media"
    folder.mkdir()
    hass.config.allowlist_external_dirs = {str(folder), hass.config.path("www")}
    return folder


@pytest.fixture
def put(builtin_home: Path, entry: ConfigEntry) -> Callable[..., Path]:
    """Put a clip that the spare has of a channel: it begins and ends after so many seconds."""
    assert entry.runtime_data

    def put(channel: int, begin: int, end: int) -> Path:
        folder = builtin_home / "footage" / channel_of(f"NVR-1/{channel}")
        folder.mkdir(exist_ok=True)
        return put_clip(folder, frames((end - begin) * FPS, begin * FPS))

    return put


@pytest.fixture
def export(hass: HomeAssistant, nvr: VirtualNvr, entry: ConfigEntry, media: Path) -> Export:
    """Call the action, for the first ten seconds of footage unless something else is said."""
    assert entry.runtime_data

    async def call(user: MockUser | None = None, **data: Any) -> list[dict[str, Any]]:
        wanted: dict[str, Any] = {
            "device_id": device_id(hass, nvr),
            "start": at(0).isoformat(),
            "end": at(10).isoformat(),
            "folder": str(media / "export"),
        }
        answer: Any = await hass.services.async_call(
            DOMAIN,
            "export_footage",
            wanted | data,
            blocking=True,
            return_response=True,
            context=Context(user_id=user.id) if user else None,
        )
        files: list[dict[str, Any]] = answer["files"]
        return files

    return call


def exported(media: Path) -> Sequence[Path]:
    return sorted((media / "export").iterdir())


def contents(paths: Iterable[Path]) -> list[bytes]:
    return [path.read_bytes() for path in paths]


async def test_footage_is_cut_to_the_span(
    hass: HomeAssistant, nvr: VirtualNvr, put: Callable[..., Path], export: Export, media: Path
) -> None:
    put(1, 0, 10)
    (told,) = await export(start=at(3.0).isoformat(), end=at(6.0).isoformat())
    (path,) = exported(media)
    assert told["path"] == str(path)
    assert path.name.endswith("_camera_1_2026-11-23_19-31-03.mp4")
    assert (told["device_id"], told["channel"]) == (device_id(hass, nvr), 1)
    assert told["camera"] == "Camera 1"
    assert told["name"] == f"NVR Hot Spare Virtual NVR ({nvr.config.host})"
    assert told["recorded_by"] == "Built-in recorder"
    assert told["start"].startswith("2026-11-23T19:31:03")
    assert told["end"].startswith("2026-11-23T19:31:06")
    assert told["frames"] == 3 * FPS
    assert await decode(path) == (3 * FPS, "")


async def test_all_cameras_are_exported_clip_by_clip(
    put: Callable[..., Path], export: Export, media: Path
) -> None:
    clips = [put(1, 0, 4), put(1, 4, 8), put(2, 2, 6)]
    put(1, 20, 24)
    files = await export()
    assert [it["channel"] for it in files] == [1, 1, 2]
    assert contents(Path(it["path"]) for it in files) == contents(clips)
    assert len(exported(media)) == 3


async def test_a_camera_can_be_exported_alone_and_nothing_is_overwritten(
    put: Callable[..., Path], export: Export, media: Path
) -> None:
    put(1, 0, 4)
    put(2, 0, 4)
    names = [Path((await export(channels=[2]))[0]["path"]).name for _ in range(3)]
    assert [it.partition("31-00")[2] for it in names] == [".mp4", "_2.mp4", "_3.mp4"]
    assert sorted(names) == sorted(it.name for it in exported(media))


async def test_what_is_being_recorded_is_exported_as_far_as_it_is(
    builtin_home: Path, entry: ConfigEntry, export: Export
) -> None:
    assert entry.runtime_data
    clip = Archive(builtin_home / "footage", marked=True).open(channel_of("NVR-1/1"), START)
    data = recording(4)
    clip.write(data[:-100])
    (told,) = await export()
    assert told["frames"] == 3 * FPS
    assert await decode(Path(told["path"])) == (3 * FPS, "")
    clip.close()


async def test_footage_over_midnight_is_exported(
    hass: HomeAssistant, put: Callable[..., Path], export: Export
) -> None:
    await hass.config.async_set_time_zone("Etc/GMT-5")  # where it is 23:31
    put(1, 1735, 1745)
    (told,) = await export(start=at(1741).isoformat(), end=at(1745).isoformat())
    assert told["frames"] == 4 * FPS


async def test_what_can_t_be_exported_is_said(
    export: Export, hass: HomeAssistant, media: Path
) -> None:
    async def refused(message: str, **data: Any) -> None:
        with pytest.raises(HomeAssistantError, match=message):
            await export(**data)

    await refused("no footage of that time")
    await refused("end is not after", end=at(0).isoformat())
    await refused("24 hours at most", end=(at(1) + LONGEST).isoformat())
    await refused("24 hours at most", start="2020-01-01 00:00:00")
    for folder in ("export", str(media.parent), f"{media}/no/../..", f"{media}/../www2"):
        await refused("may not write to", folder=folder)
    await refused("to everybody", folder=hass.config.path("www", "footage"))
    (media / "file").touch()
    await refused("File exists", folder=str(media / "file"))
    assert not (media / "no").exists()


def test_a_span_without_an_end_is_until_now() -> None:
    now = dt_util.utcnow()
    span = span_between(now - timedelta(hours=1), None)
    assert span.length / SECOND == pytest.approx(3600, abs=60)


async def test_nobody_has_to_be_told_the_files(
    hass: HomeAssistant, nvr: VirtualNvr, put: Callable[..., Path], media: Path
) -> None:
    put(1, 0, 4)
    data = {"start": at(0), "end": at(4), "folder": str(media / "export")}
    data["device_id"] = device_id(hass, nvr)
    assert await hass.services.async_call(DOMAIN, "export_footage", data, blocking=True) is None
    assert len(exported(media)) == 1


async def test_the_disk_is_left_some_room(
    put: Callable[..., Path], export: Export, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(1, 0, 4)
    usage = shutil.disk_usage(media)._replace(free=500 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(HomeAssistantError, match="is full"):
        await export()
    assert exported(media) == []


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
        (DamagedFootageError("A clip was cut while it was read."), "cut while it was read"),
    ],
)
async def test_half_a_file_is_removed(  # noqa: PLR0917 (fixtures)
    put: Callable[..., Path],
    export: Export,
    media: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    message: str,
) -> None:
    def fail(*_: object) -> None:
        raise error

    put(1, 0, 4)
    monkeypatch.setattr(exporting, "copy", fail)
    with pytest.raises(HomeAssistantError, match=message):
        await export()
    assert exported(media) == []


async def test_only_who_may_see_footage_exports_it(  # noqa: PLR0917 (fixtures)
    hass: HomeAssistant,
    entry: ConfigEntry,
    put: Callable[..., Path],
    export: Export,
    hass_admin_user: MockUser,
    hass_read_only_user: MockUser,
) -> None:
    put(1, 0, 4)
    assert len(await export(hass_read_only_user)) == 1
    hass.config_entries.async_update_entry(entry, options={CONF_ADMINS_ONLY: True})
    with pytest.raises(HomeAssistantError, match="Only administrators"):
        await export(hass_read_only_user)
    assert len(await export(hass_admin_user)) == 1


async def test_a_clip_whose_time_is_over_is_left_out(
    put: Callable[..., Path], export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, there = put(1, 0, 4), put(1, 4, 8)
    file = Library.file

    async def forget(library: Library, camera: Any, start: int) -> Path:
        gone.unlink(missing_ok=True)
        return await file(library, camera, start)

    monkeypatch.setattr(Library, "file", forget)
    (told,) = await export()
    assert contents([Path(told["path"])]) == contents([there])


async def test_footage_that_can_t_be_had_now_is_said(
    builtin_home: Path, put: Callable[..., Path], export: Export
) -> None:
    put(1, 0, 4)
    (builtin_home / "footage" / MARK).unlink()
    with pytest.raises(HomeAssistantError, match="can't be read"):
        await export()
