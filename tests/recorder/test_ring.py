"""What is kept in memory, and how it becomes footage without a seam."""

import asyncio
from collections.abc import AsyncIterator, Iterable
import itertools
from pathlib import Path
import time

import pytest

from custom_components.nvr_hotspare.recorder import keeper as keeper_module, recording
from custom_components.nvr_hotspare.recorder.archive import Archive, OpenClip
from custom_components.nvr_hotspare.recorder.disk import Disk
from custom_components.nvr_hotspare.recorder.keeper import Keeper
from custom_components.nvr_hotspare.recorder.model import AudioFrame, Frame, Tracks, VideoFrame
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from custom_components.nvr_hotspare.recorder.recording import Recording
from custom_components.nvr_hotspare.recorder.ring import Gop, Ring, RingLimits
from custom_components.nvr_hotspare.recorder.rtp.parameters import find_track
from tests.recorder.scripted_camera import FRAME, PPS, SPS, eventually, frame

NOW = 1_795_460_452_000_000_000
STEP = 40_000_000
GOP = 5
LARGE = RingLimits(seconds=60, size=1 << 20)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _tracks() -> Tracks:
    track = find_track([SPS, PPS])
    assert track
    return Tracks(track)


def _frames(numbers: Iterable[int], size: int = 10) -> list[tuple[Tracks, Frame]]:
    tracks = _tracks()
    return [
        (
            tracks,
            VideoFrame(
                nal_units=frame(number, gop=GOP, size=size),
                time=NOW + number * STEP,
                ticks=number * FRAME,
                key=number % GOP == 0,
            ),
        )
        for number in numbers
    ]


def _fill(kept: Ring, numbers: Iterable[int], size: int = 10) -> None:
    for each in _frames(numbers, size):
        kept.add(*each)


def _gops(kept: Ring) -> Iterable[Gop]:
    while (gop := kept.pop()) is not None:
        yield gop


def _numbers(kept: Ring) -> list[int]:
    return [each.ticks // FRAME for gop in _gops(kept) for _, each in gop.frames]


def test_it_begins_with_a_key_frame() -> None:
    kept = Ring(LARGE)
    _fill(kept, range(3, 12))

    assert _numbers(kept) == list(range(5, 12))
    assert kept.size == 0


def test_it_covers_the_seconds_and_drops_what_is_older(clock: Clock) -> None:
    kept = Ring(RingLimits(seconds=30, size=1 << 30))
    for second in range(100):
        _fill(kept, range(GOP * second, GOP * second + GOP))
        clock.now += 1
        kept.expire()

    assert 30 <= clock.now - next(iter(_gops(kept))).began <= 31


def test_with_rare_key_frames_it_covers_more_rather_than_less(clock: Clock) -> None:
    kept = Ring(RingLimits(seconds=4, size=1 << 30))
    for number in range(3 * GOP):  # a key frame every 10 s
        _fill(kept, [number])
        clock.now += 2
    kept.expire()

    assert _numbers(kept) == list(range(10, 15))
    assert kept.longest == 10


def test_what_a_dead_camera_sent_grows_too_old(clock: Clock) -> None:
    kept = Ring(RingLimits(seconds=30, size=1 << 30))
    _fill(kept, range(12))
    clock.now += 31
    kept.expire()

    assert (kept.size, kept.seconds, _numbers(kept)) == (0, 0, [])


def test_it_holds_no_more_bytes_than_allowed() -> None:
    kept = Ring(RingLimits(seconds=60, size=20_000))
    sizes = []
    for number in range(50):
        _fill(kept, [number], size=1000)
        sizes.append(kept.size)

    assert max(sizes) <= 20_000
    numbers = _numbers(kept)
    assert numbers == list(range(numbers[0], 50))
    assert numbers[0] % GOP == 0
    assert len(numbers) > 5


def test_a_gop_that_alone_is_too_large_is_not_kept() -> None:
    kept = Ring(RingLimits(seconds=60, size=3000))
    _fill(kept, range(GOP), size=1000)
    assert kept.size == 0
    _fill(kept, range(GOP, GOP + 2), size=100)

    assert _numbers(kept) == [5, 6]


def test_what_arrives_after_it_was_emptied_follows_on() -> None:
    kept = Ring(LARGE)
    _fill(kept, range(2))
    assert _numbers(kept) == [0, 1]
    _fill(kept, range(2, 4))
    assert _numbers(kept) == [2, 3]
    kept.cut()
    _fill(kept, range(4, 7))

    gop, *rest = _gops(kept)
    assert gop.connects
    assert [each.ticks // FRAME for _, each in gop.frames] == [5, 6]
    assert not rest


def test_connections_are_told_apart_even_if_the_first_part_of_one_is_dropped() -> None:
    kept = Ring(RingLimits(seconds=60, size=9_000))
    _fill(kept, range(10), size=100)
    kept.cut()
    _fill(kept, range(20, 30), size=100)
    _fill(kept, range(30, 35), size=1000)

    gops = list(_gops(kept))
    assert [gop.connects for gop in gops] == [True, *([False] * (len(gops) - 1))]


def test_audio_begins_nothing_and_goes_with_its_video() -> None:
    kept = Ring(LARGE)
    sound = AudioFrame(data=b"x" * 160, time=NOW, ticks=0, duration=160)
    kept.add(_tracks(), sound)
    _fill(kept, [0])
    kept.add(_tracks(), sound)

    (gop,) = _gops(kept)
    assert [type(each) for _, each in gop.frames] == [VideoFrame, AudioFrame]


# The ring becomes footage


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


def _written(folder: Path) -> list[int]:
    numbers = []
    for clip in Archive(folder).clips("c1"):
        assert not clip.open
        with clip.path.open("rb") as file:
            reader = Mp4Reader(file)
            for fragment in reader.fragments():
                numbers += [
                    int.from_bytes(reader.nal_units(sample)[-1][1:5]) for sample in fragment.samples
                ]
    return numbers


async def test_nothing_is_written_while_a_camera_is_only_watched(
    kept: Keeper, tmp_path: Path
) -> None:
    await kept.add(_frames(range(20)))

    assert not Archive(tmp_path).channels()


async def test_footage_begins_before_the_takeover_and_no_frame_is_lost_at_the_seam(
    kept: Keeper, tmp_path: Path
) -> None:
    await kept.add(_frames(range(100)))
    kept.record()
    for number in range(100, 200):
        await kept.add(_frames([number]))
        await asyncio.sleep(0)
    await kept.close()

    assert _written(tmp_path) == list(range(200))
    assert len(Archive(tmp_path).clips("c1")) == 1


@pytest.mark.parametrize("first", range(1, 2 * GOP))
async def test_the_seam_may_be_anywhere_in_a_gop(kept: Keeper, tmp_path: Path, first: int) -> None:
    await kept.add(_frames(range(first)))
    kept.record()
    await kept.add(_frames(range(first, first + 1)))
    await asyncio.sleep(0.02)
    await kept.add(_frames(range(first + 1, 15)))
    await kept.close()

    assert _written(tmp_path) == list(range(15))


async def test_frames_of_an_earlier_connection_are_written_to_a_file_of_their_own(
    kept: Keeper, tmp_path: Path
) -> None:
    await kept.add(_frames(range(8)))
    await kept.cut()
    await kept.add(_frames(range(13, 18)))
    kept.record()
    await eventually(lambda: kept.recording.frames > 5)
    await kept.cut()
    await kept.add(_frames(range(20, 23)))
    await kept.close()

    assert _written(tmp_path) == [*range(8), *range(15, 18), *range(20, 23)]
    assert len(Archive(tmp_path).clips("c1")) == 3


async def test_after_its_release_it_is_warm_again(kept: Keeper, tmp_path: Path) -> None:
    kept.record()
    await asyncio.sleep(0)
    await kept.add(_frames(range(7)))
    await kept.close()
    await kept.add(_frames(range(7, 14)))
    assert _written(tmp_path) == list(range(7))
    kept.record()
    await eventually(lambda: kept.recording.active)
    await kept.close()

    assert _written(tmp_path) == [*range(7), *range(10, 14)]
    assert kept.recording.frames == 4


async def test_a_disk_that_fails_for_a_moment_costs_a_fragment_and_no_more(
    kept: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    kept.record()
    await asyncio.sleep(0)
    await kept.add(_frames(range(10)))
    with monkeypatch.context() as patch:
        patch.setattr(OpenClip, "write", fail)
        await kept.add(_frames(range(10, 15)))
        assert "Input/output error" in kept.recording.error
        await kept.add(_frames(range(15, 40)))
        await asyncio.sleep(0.2)
    await eventually(lambda: kept.recording.active)
    await kept.add(_frames(range(40, 50)))
    await kept.close()

    written = _written(tmp_path)
    lost = set(range(50)) - set(written)
    assert written == sorted(set(written))
    assert lost <= set(range(5, 15))
    assert not kept.recording.error


async def test_a_disk_that_hangs_at_the_takeover_costs_nothing(
    kept: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = asyncio.Event()
    loop = asyncio.get_running_loop()
    write = OpenClip.write

    def hang(clip: OpenClip, data: bytes) -> None:
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(10)
        write(clip, data)

    monkeypatch.setattr(OpenClip, "write", hang)
    await kept.add(_frames(range(12)))
    kept.record()
    for numbers in itertools.batched(range(12, 60), 4, strict=True):
        await kept.add(_frames(numbers))
        await asyncio.sleep(0)
    go_on.set()
    await eventually(lambda: kept.recording.frames > 50)
    await kept.close()

    assert _written(tmp_path) == list(range(60))
