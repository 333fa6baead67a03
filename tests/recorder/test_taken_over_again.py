"""No frame is lost where one takeover follows another, whenever it comes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
import tempfile
import threading

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder import keeper as keeper_module
from custom_components.nvr_hotspare.recorder.archive import Archive, OpenClip
from custom_components.nvr_hotspare.recorder.disk import Disk
from custom_components.nvr_hotspare.recorder.keeper import Keeper
from custom_components.nvr_hotspare.recorder.recording import Recording
from custom_components.nvr_hotspare.recorder.ring import Ring
from tests.recorder.kept import GOP, LARGE, NOW, STEP, numbered, written
from tests.recorder.scripted_camera import eventually


class Kept:
    """A keeper and its disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.disk = Disk()
        archive = Archive(folder)
        self.keeper = Keeper(Ring(LARGE), lambda: Recording(archive, self.disk, "c1"))
        self.count = 0

    async def add(self, count: int) -> None:
        await self.keeper.add(numbered(range(self.count, self.count + count)))
        self.count += count

    async def close(self) -> None:
        await self.keeper.close()
        self.disk.shutdown()

    @property
    def open(self) -> list[Path]:
        return list(self.folder.rglob("*.open"))


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    kept = Kept(tmp_path)
    yield kept
    await kept.close()


@pytest.mark.parametrize("released", range(GOP, 2 * GOP))
@pytest.mark.parametrize("later", range(2 * GOP))
async def test_a_takeover_at_any_moment_after_the_last_one_costs_no_frame(
    kept: Kept, released: int, later: int
) -> None:
    kept.keeper.record()
    await asyncio.sleep(0)
    await kept.add(released)
    kept.keeper.release()
    await kept.add(later)
    kept.keeper.record()
    await kept.add(1)
    await asyncio.sleep(0)
    await kept.add(7)
    await kept.close()

    assert written(kept.folder) == list(range(kept.count))


async def test_the_file_ends_with_the_gop_and_nothing_is_written_after_it(kept: Kept) -> None:
    kept.keeper.record()
    await asyncio.sleep(0)
    await kept.add(7)
    kept.keeper.release()
    await kept.add(2)
    assert kept.open
    await kept.add(20)
    await eventually(lambda: not kept.open)

    assert written(kept.folder) == list(range(10))
    assert kept.keeper.ring.size > 0


async def test_what_goes_on_counts_as_one_recording(kept: Kept) -> None:
    kept.keeper.record()
    await asyncio.sleep(0)
    await kept.add(7)
    kept.keeper.release()
    kept.keeper.record()
    await kept.add(1)
    await kept.close()

    assert (kept.keeper.recording.first_frame, kept.keeper.recording.frames) == (NOW, 8)
    assert len(Archive(kept.folder).clips("c1")) == 1


async def test_a_recording_that_has_ended_counts_no_more(kept: Kept) -> None:
    kept.keeper.record()
    await asyncio.sleep(0)
    await kept.add(7)
    await kept.keeper.cut()
    kept.keeper.release()
    kept.keeper.record()
    await asyncio.sleep(0)
    await kept.add(10)
    await kept.close()

    assert kept.keeper.recording.first_frame == NOW + 10 * STEP


async def test_the_connection_ends_before_the_gop_does(kept: Kept) -> None:
    kept.keeper.record()
    await asyncio.sleep(0)
    await kept.add(7)
    kept.keeper.release()
    await kept.keeper.cut()
    await eventually(lambda: not kept.open)
    await kept.add(8)

    assert written(kept.folder) == list(range(7))


async def test_a_file_goes_on_for_a_while_only_if_no_key_frame_comes(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.keeper.record()
    await asyncio.sleep(0)
    await kept.add(6)
    monkeypatch.setattr(keeper_module, "_LONGEST_END", 0.0)
    kept.keeper.release()
    await kept.add(2)
    await eventually(lambda: not kept.open)

    assert written(kept.folder) == list(range(6))
    assert kept.keeper.ring.size == 0


@pytest.mark.parametrize("method", ["write", "close"])
async def test_a_disk_that_hangs_over_the_end_of_one_and_the_begin_of_the_next_costs_nothing(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    go_on = threading.Event()
    real = getattr(OpenClip, method)

    def hang(clip: OpenClip, *data: bytes) -> object:
        go_on.wait(10)
        return real(clip, *data)

    kept.keeper.record()
    await asyncio.sleep(0)
    await kept.add(9)
    monkeypatch.setattr(OpenClip, method, hang)
    kept.keeper.release()
    adding = asyncio.create_task(kept.add(4))
    await asyncio.sleep(0.05)
    kept.keeper.record()
    await asyncio.sleep(0.05)
    assert kept.open
    go_on.set()
    await adding
    await kept.add(10)
    await kept.close()

    assert written(kept.folder) == list(range(kept.count))


async def test_a_takeover_that_ends_while_the_ring_is_being_written_is_gone_on_with(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    real = OpenClip.write

    def hang(clip: OpenClip, *data: bytes) -> None:
        go_on.wait(10)
        real(clip, *data)

    monkeypatch.setattr(OpenClip, "write", hang)
    await kept.add(12)
    kept.keeper.record()
    await asyncio.sleep(0.05)
    kept.keeper.release()
    await kept.add(1)
    go_on.set()
    await eventually(lambda: kept.keeper.recording.frames > 7)
    await kept.add(9)
    kept.keeper.record()
    await asyncio.sleep(0.05)
    await kept.add(9)
    await kept.close()

    assert written(kept.folder) == list(range(kept.count))


async def test_a_disk_that_fails_when_recording_has_ended_is_not_waited_for(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    kept.keeper.record()
    await asyncio.sleep(0)
    await kept.add(6)
    kept.keeper.release()
    with monkeypatch.context() as patch:
        patch.setattr(OpenClip, "write", fail)
        await kept.add(4)
        await kept.add(6)
    await kept.add(10)
    assert not kept.keeper.recording.active
    kept.keeper.record()
    await eventually(lambda: kept.keeper.recording.frames > 0)
    await kept.close()

    assert written(kept.folder)[-6:] == list(range(20, 26))


acts = st.lists(
    st.one_of(st.integers(1, 4), st.sampled_from(["record", "release", "turn", "wait"])),
    max_size=30,
)


@settings(max_examples=40, deadline=None)
@given(acts)
def test_every_frame_is_in_one_file_or_in_memory_whatever_is_told_when(
    acts: list[int | str],
) -> None:
    async def act(folder: Path) -> None:
        kept = Kept(folder)
        for each in acts:
            match each:
                case int(count):
                    await kept.add(count)
                case "record":
                    kept.keeper.record()
                case "release":
                    kept.keeper.release()
                case "turn":
                    await asyncio.sleep(0)
                case _:
                    await asyncio.sleep(0.003)
        kept.keeper.record()
        await kept.close()
        assert written(folder) == list(range(kept.count))

    with tempfile.TemporaryDirectory() as name:
        asyncio.run(act(Path(name)))
