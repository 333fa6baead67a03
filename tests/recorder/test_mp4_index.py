"""The index of a closed file: what it says, and that players find their way by it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
import shutil

from aiohttp import web
from playwright.async_api import async_playwright
import pytest

from custom_components.nvr_hotspare.recorder.errors import DamagedFootageError
from custom_components.nvr_hotspare.recorder.mp4.boxes import find
from custom_components.nvr_hotspare.recorder.mp4.header import (
    INDEX_ROOM,
    LENGTH_ROOM,
    place_of_length,
)
from custom_components.nvr_hotspare.recorder.mp4.index import read_length, write_index
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from custom_components.nvr_hotspare.recorder.mp4.writer import FragmentWriter
from tests.recorder.footage import TICKS, decode, frames, indexed, recording, tracks
from virtual_nvr.clip import ClipFormat, load

LARGE = ClipFormat(width=320, height=192, bit_rate=8_000_000, gop=25, gops=2)
"""A file of 20 s is too large for a browser to fetch as a whole before it begins."""
_SEEK = """
async (uri) => {
  const video = document.createElement("video");
  video.muted = true;
  const event = (name) => new Promise((done, fail) => {
    video.addEventListener(name, done, { once: true });
    video.addEventListener("error", () => fail(video.error.message), { once: true });
  });
  const ready = event("loadedmetadata");
  video.src = uri;
  await ready;
  const found = event("seeked");
  video.currentTime = 17.5;
  await found;
  return [video.duration, video.currentTime, video.readyState >= 2];
}
"""


def parts_of(data: bytes) -> list[tuple[int, int]]:
    """Return size and duration of each part that the index names, and where the first begins."""
    sidx = find(memoryview(data), b"sidx")
    count = int.from_bytes(sidx[22:24])
    table = sidx[24:]
    return [
        (int.from_bytes(table[row : row + 4]), int.from_bytes(table[row + 4 : row + 8]))
        for row in range(0, 12 * count, 12)
    ]


def test_every_gop_is_a_part() -> None:
    data = indexed(recording(3))
    fragments = list(Mp4Reader(BytesIO(data)).fragments())
    assert parts_of(data) == [(part.end - part.start, 25 * TICKS) for part in fragments]


def test_a_finished_file_tells_its_length_and_an_open_one_does_not() -> None:
    data = recording(3)
    assert data.count(b"mehd") == 0
    for finished in (indexed(data), indexed(indexed(data))):
        moov = find(memoryview(finished), b"moov", b"mvex", b"mehd")
        assert int.from_bytes(moov[4:8]) == 3000


def test_a_length_beyond_all_numbers_breaks_nothing() -> None:
    data = bytearray(recording(1))
    place = data.index(b"tfdt") + 8
    data[place : place + 8] = b"\xff" * 8
    indexed(bytes(data))


def test_fragments_within_a_gop_belong_together() -> None:
    writer = FragmentWriter(tracks())
    lengths = [1, 1, 23, 20, 5]
    data, number = writer.header(), 0
    for length in lengths:
        data += writer.fragment(frames(length, number), 7_000_000_000 + (number + length) * TICKS)
        number += length
    found = parts_of(indexed(data))
    assert [duration for _, duration in found] == [25 * TICKS, 25 * TICKS]
    assert sum(size for size, _ in found) == len(data) - len(writer.header())


def test_a_file_of_more_parts_than_there_is_room_for_has_larger_ones() -> None:
    found = parts_of(indexed(recording(300)))
    assert len(found) == 100
    assert sum(duration for _, duration in found) == 300 * 25 * TICKS


def test_nothing_else_of_the_file_changes() -> None:
    before, after = recording(2), indexed(recording(2))
    header = len(FragmentWriter(tracks()).header())
    assert len(after) == len(before)
    length = place_of_length(header - INDEX_ROOM, tracks())
    assert after[:length] == before[:length]
    rest = slice(length + LENGTH_ROOM, header - INDEX_ROOM)
    assert after[rest] == before[rest]
    assert after[header:] == before[header:]
    assert indexed(after) == after


def test_a_file_that_is_not_ours_stays_as_it_is() -> None:
    for data in (b"", b"a" * 5000, recording(2)[:700]):
        file = BytesIO(data)
        write_index(file)
        assert file.getvalue() == data


async def test_ffmpeg_decodes_it_without_complaint(tmp_path: Path) -> None:
    path = tmp_path / "closed.mp4"
    path.write_bytes(indexed(recording(3)))
    assert await decode(path) == (75, "")


async def test_a_browser_seeks_without_reading_what_lies_between(tmp_path: Path) -> None:
    clip = load(LARGE)
    writer = FragmentWriter(clip.tracks)
    data = writer.header()
    for second in range(20):
        gop = frames(25, 25 * second)
        for number, frame in enumerate(gop):
            frame.nal_units = clip.frames[(25 * second + number) % len(clip.frames)]
        data += writer.fragment(gop, 7_000_000_000 + 25 * (second + 1) * TICKS)
    path = tmp_path / "closed.mp4"
    path.write_bytes(indexed(data))
    async with serving(path) as (uri, ranges), async_playwright() as playwright:
        chromium = shutil.which("chromium")
        assert chromium is not None, "the tests need chromium"
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page()
        await page.goto(uri)
        seen = await page.evaluate(_SEEK, f"{uri}/clip.mp4")
        await browser.close()
    assert seen == [20, 17.5, True]
    starts = [int(asked.removeprefix("bytes=").partition("-")[0]) for asked in ranges]
    passed = next(number for number, start in enumerate(starts) if start > 0.8 * len(data))
    assert passed <= 3


@asynccontextmanager
async def serving(path: Path) -> AsyncIterator[tuple[str, list[str]]]:
    """Serve a file in ranges, give where, and note which were asked for."""
    ranges = list[str]()

    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<body></body>", content_type="text/html")

    async def clip(request: web.Request) -> web.FileResponse:
        ranges.append(request.headers.get("Range", ""))
        return web.FileResponse(path)

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_get("/clip.mp4", clip)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}", ranges
    finally:
        await runner.cleanup()


def test_a_file_tells_its_length_by_its_index() -> None:
    data = indexed(recording(3))
    cut = data[: Mp4Reader(BytesIO(data)).end]
    assert read_length(BytesIO(cut)) == 3 * 1_000_000_000


def test_a_file_without_index_is_as_long_as_its_whole_fragments() -> None:
    assert read_length(BytesIO(recording(3)[:-1])) == 2 * 1_000_000_000


def test_a_file_without_a_frame_has_no_length() -> None:
    assert read_length(BytesIO(FragmentWriter(tracks()).header())) == 0


def test_an_index_that_is_cut_short_tells_no_length() -> None:
    data = bytearray(indexed(recording(3)))
    at = data.index(b"sidx") - 4
    size = int.from_bytes(data[at : at + 4])
    data[at : at + 4] = (size - 1).to_bytes(4)
    data[at + size - 1 : at + size] = b""
    with pytest.raises(DamagedFootageError):
        read_length(BytesIO(data))
