"""The rule by which a live view chooses who sends it."""

import itertools

import pytest

from custom_components.nvr_hotspare.live.choice import LiveFrom, choose
from custom_components.nvr_hotspare.recorder.model import Source

NVR, SPARE, CAMERA = LiveFrom.NVR, LiveFrom.SPARE, LiveFrom.CAMERA
ALL = frozenset(LiveFrom)


def chosen(
    *there: LiveFrom,
    backed_up: bool = False,
    now: LiveFrom | None = None,
    failed: frozenset[LiveFrom] = frozenset(),
) -> LiveFrom | None:
    offers = {it: Source(uri=f"rtsp://{it}/") for it in there}
    return choose(offers, backed_up=backed_up, now=now, failed=failed)


@pytest.mark.parametrize("now", [None, *LiveFrom])
def test_the_nvr_is_watched_while_no_spare_stands_in(now: LiveFrom | None) -> None:
    assert chosen(*ALL, now=now) is NVR


@pytest.mark.parametrize("now", [None, NVR, SPARE])
def test_the_spare_is_watched_while_it_records(now: LiveFrom | None) -> None:
    assert chosen(*ALL, backed_up=True, now=now) is SPARE


def test_a_view_does_not_change_between_stand_ins() -> None:
    assert chosen(*ALL, backed_up=True, now=CAMERA) is CAMERA
    assert chosen(SPARE, CAMERA, now=CAMERA) is CAMERA


def test_the_camera_itself_is_watched_where_the_spare_shows_nothing() -> None:
    assert chosen(NVR, CAMERA, backed_up=True, now=NVR) is CAMERA


def test_the_nvr_is_better_than_nothing() -> None:
    assert chosen(NVR, backed_up=True) is NVR


def test_a_stream_that_broke_off_makes_way_for_another() -> None:
    assert chosen(NVR, CAMERA, now=NVR, failed=frozenset({NVR})) is CAMERA
    assert chosen(*ALL, backed_up=True, now=CAMERA, failed=frozenset({CAMERA})) is SPARE


def test_what_broke_off_is_watched_again_where_nothing_else_is_left() -> None:
    assert chosen(NVR, now=NVR, failed=frozenset({NVR})) is NVR
    assert chosen(*ALL, now=CAMERA, failed=ALL) is NVR


def test_whoever_is_chosen_is_there() -> None:
    for size in range(4):
        for there in itertools.combinations(LiveFrom, size):
            for backed_up, now in itertools.product((False, True), (None, *LiveFrom)):
                found = chosen(*there, backed_up=backed_up, now=now, failed=frozenset(there[:1]))
                assert found in there if there else found is None
