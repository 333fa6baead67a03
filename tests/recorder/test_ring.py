"""What is kept in memory, and what of it is dropped."""

from collections.abc import Iterable
import time

import pytest

from custom_components.nvr_hotspare.recorder.model import AudioFrame, VideoFrame
from custom_components.nvr_hotspare.recorder.ring import Gop, Ring, RingLimits
from tests.recorder.kept import GOP, LARGE, NOW, numbered, tracks
from tests.recorder.scripted_camera import FRAME


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


def _fill(kept: Ring, numbers: Iterable[int], size: int = 10) -> None:
    for each in numbered(numbers, size):
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


def test_how_rare_key_frames_are_is_told_by_the_camera_and_not_by_when_they_arrive(
    clock: Clock,
) -> None:
    kept = Ring(LARGE)
    for number in range(4 * GOP):
        _fill(kept, [number])
        clock.now += 0.8 if number % 7 == 0 else 0.01
    kept.cut()
    _fill(kept, range(100 * GOP, 102 * GOP))

    assert kept.longest == pytest.approx(GOP / 25)


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
    kept.add(tracks(), sound)
    _fill(kept, [0])
    kept.add(tracks(), sound)

    (gop,) = _gops(kept)
    assert [type(each) for _, each in gop.frames] == [VideoFrame, AudioFrame]
