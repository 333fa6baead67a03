"""What was kept in memory becomes footage, and back again, without a seam."""

import asyncio
from collections.abc import AsyncIterator
import itertools
from pathlib import Path
import threading

import pytest

from custom_components.nvr_hotspare.recorder import keeper as keeper_module, recording
from custom_components.nvr_hotspare.recorder.archive import Archive, OpenClip
from custom_components.nvr_hotspare.recorder.disk import Disk
from custom_components.nvr_hotspare.recorder.keeper import Keeper
from custom_components.nvr_hotspare.recorder.recording import Recording
from custom_components.nvr_hotspare.recorder.ring import Ring
from tests.recorder.kept import GOP, LARGE, numbered, written
from tests.recorder.scripted_camera import eventually


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Keeper]:
    disk = Disk()
    archive = Archive(tmp_path)
    keeper = Keeper(Ring(LARGE), lambda: Recording(archive, disk, "c1"))
    yield keeper
    await keeper.close()
    disk.shutdown()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper_module, "_PAUSE", 0.01)
    monkeypatch.setattr(recording, "_PAUSE", 0.05)


async def test_nothing_is_written_while_a_camera_is_only_watched(
    kept: Keeper, tmp_path: Path
) -> None:
    await kept.add(numbered(range(20)))

    assert not Archive(tmp_path).channels()


async def test_footage_begins_before_the_takeover_and_no_frame_is_lost_at_the_seam(
    kept: Keeper, tmp_path: Path
) -> None:
    await kept.add(numbered(range(100)))
    kept.record()
    for number in range(100, 200):
        await kept.add(numbered([number]))
        await asyncio.sleep(0)
    await kept.close()

    assert written(tmp_path) == list(range(200))
    assert len(Archive(tmp_path).clips("c1")) == 1


@pytest.mark.parametrize("first", range(1, 2 * GOP))
async def test_the_seam_may_be_anywhere_in_a_gop(kept: Keeper, tmp_path: Path, first: int) -> None:
    await kept.add(numbered(range(first)))
    kept.record()
    await kept.add(numbered(range(first, first + 1)))
    await asyncio.sleep(0.02)
    await kept.add(numbered(range(first + 1, 15)))
    await kept.close()

    assert written(tmp_path) == list(range(15))


async def test_frames_of_an_earlier_connection_are_written_to_a_file_of_their_own(
    kept: Keeper, tmp_path: Path
) -> None:
    await kept.add(numbered(range(8)))
    await kept.cut()
    await kept.add(numbered(range(13, 18)))
    kept.record()
    await eventually(lambda: kept.recording.frames > 5)
    await kept.cut()
    await kept.add(numbered(range(20, 23)))
    await kept.close()

    assert written(tmp_path) == [*range(8), *range(15, 18), *range(20, 23)]
    assert len(Archive(tmp_path).clips("c1")) == 3


async def test_what_was_written_straight_away_is_not_taken_for_a_way_between_key_frames(
    kept: Keeper,
) -> None:
    await kept.add(numbered(range(2 * GOP)))
    kept.record()
    await eventually(lambda: kept.recording.active and not len(kept.ring))
    for number in range(2 * GOP, 40 * GOP):
        await kept.add(numbered([number]))
    kept.release()
    await kept.add(numbered(range(40 * GOP, 42 * GOP)))
    await eventually(lambda: kept.recording.frames == 40 * GOP)

    assert kept.ring.longest == pytest.approx(GOP / 25)


async def test_after_its_end_it_is_warm_again(kept: Keeper, tmp_path: Path) -> None:
    kept.record()
    await asyncio.sleep(0)
    await kept.add(numbered(range(7)))
    await kept.close()
    await kept.add(numbered(range(7, 14)))
    assert written(tmp_path) == list(range(7))
    kept.record()
    await eventually(lambda: kept.recording.active)
    await kept.close()

    assert written(tmp_path) == [*range(7), *range(10, 14)]
    assert kept.recording.frames == 4


async def test_a_disk_that_fails_for_a_moment_costs_a_fragment_and_no_more(
    kept: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    kept.record()
    await asyncio.sleep(0)
    await kept.add(numbered(range(10)))
    with monkeypatch.context() as patch:
        patch.setattr(OpenClip, "write", fail)
        await kept.add(numbered(range(10, 15)))
        assert "Input/output error" in kept.recording.error
        await kept.add(numbered(range(15, 40)))
        await asyncio.sleep(0.2)
    await eventually(lambda: kept.recording.active)
    await kept.add(numbered(range(40, 50)))
    await kept.close()

    found = written(tmp_path)
    lost = set(range(50)) - set(found)
    assert found == sorted(set(found))
    assert lost <= set(range(5, 15))
    assert not kept.recording.error


async def test_a_disk_that_hangs_at_the_takeover_costs_nothing(
    kept: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = asyncio.Event()
    loop = asyncio.get_running_loop()
    write = OpenClip.write

    def hang(clip: OpenClip, *data: bytes) -> None:
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(10)
        write(clip, *data)

    monkeypatch.setattr(OpenClip, "write", hang)
    await kept.add(numbered(range(12)))
    kept.record()
    for numbers in itertools.batched(range(12, 60), 4, strict=True):
        await kept.add(numbered(numbers))
        await asyncio.sleep(0)
    go_on.set()
    await eventually(lambda: kept.recording.frames > 50)
    await kept.close()

    assert written(tmp_path) == list(range(60))


async def test_what_has_arrived_when_it_ends_is_written(
    kept: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    write = OpenClip.write

    def hang(clip: OpenClip, *data: bytes) -> None:
        go_on.wait(10)
        write(clip, *data)

    kept.record()
    await asyncio.sleep(0)
    monkeypatch.setattr(OpenClip, "write", hang)
    adding = asyncio.create_task(kept.add(numbered(range(23))))
    await asyncio.sleep(0.05)
    closing = asyncio.create_task(kept.close())
    await asyncio.sleep(0.05)
    go_on.set()
    await adding
    await closing

    assert written(tmp_path) == list(range(23))
