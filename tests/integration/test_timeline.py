"""The rules by which a timeline says who recorded what."""

from collections.abc import Sequence

import pytest

from custom_components.nvr_hotspare.failover.model import Recording
from custom_components.nvr_hotspare.footage.timeline import (
    Change,
    Cover,
    Kind,
    Lack,
    Own,
    Stretch,
    camera_timeline,
    device_timeline,
    noted,
    own_recording,
    trimmed,
)
from tests.failover.replay import Replay, device, group

YES, NO = Recording.YES, Recording.NO
RECORDED, MISSING = Change(0, Own.RECORDED), Own.MISSING
BEGIN, NOW = 100.0, 1000.0


def of(
    *changes: Change, covers: Sequence[Cover] = (), lacks: Sequence[Lack] = ()
) -> list[tuple[float, float | None, str]]:
    found = camera_timeline(changes, covers, lacks, BEGIN, NOW)
    return [(it.start, it.end, str(it.kind)) for it in found]


# One camera


def test_what_the_device_records_is_its_own() -> None:
    assert of(RECORDED) == [(BEGIN, None, "own")]


def test_nothing_is_said_of_the_time_before_anything_was_known() -> None:
    assert of() == []
    assert of(Change(400, Own.RECORDED)) == [(400, None, "own")]


def test_what_nobody_recorded_is_lost() -> None:
    away = (RECORDED, Change(500, MISSING), Change(600, Own.RECORDED))
    assert of(*away) == [(BEGIN, 500, "own"), (500, 600, "lost"), (600, None, "own")]


def test_what_the_spare_recorded_is_lost_only_until_its_first_frame() -> None:
    away = (RECORDED, Change(500, MISSING), Change(600, Own.RECORDED))
    cover = Cover(start=508, end=615, by="Attic")
    assert of(*away, covers=[cover]) == [
        (BEGIN, 500, "own"),
        (500, 508, "lost"),
        (508, 600, "spare"),
        (600, None, "own"),
    ]


def test_a_warm_spare_leaves_nothing_lost() -> None:
    away = (RECORDED, Change(500, MISSING))
    assert of(*away, covers=[Cover(start=480, end=None, by="Attic")]) == [
        (BEGIN, 500, "own"),
        (500, None, "spare"),
    ]


def test_the_spare_counts_where_the_device_does_not_tell() -> None:
    untold = Change(0, Own.UNTOLD)
    assert of(untold, covers=[Cover(start=300, end=400, by="Attic")]) == [
        (BEGIN, 300, "untold"),
        (300, 400, "spare"),
        (400, None, "untold"),
    ]


def test_what_was_compared_frame_by_frame_is_known_exactly() -> None:
    away = (RECORDED, Change(500, MISSING), Change(600, Own.RECORDED))
    cover = Cover(start=508, end=610, by="Attic", returned=True)
    lack = Lack(start=500, end=610, lost=[(503, 508)])
    found = camera_timeline(away, [cover], [lack], BEGIN, NOW)
    assert [(it.start, it.end, it.kind, it.returned) for it in found] == [
        (BEGIN, 503, Kind.OWN, False),  # it died 3 s after its last heartbeat
        (503, 508, Kind.LOST, False),
        (508, 600, Kind.SPARE, True),
        (600, None, Kind.OWN, False),
    ]


def test_nobody_guesses_what_happened_while_home_assistant_was_away() -> None:
    absence = (RECORDED, Change(300, Own.UNWATCHED), Change(400, Own.RECORDED))
    assert of(*absence) == [(BEGIN, 300, "own"), (300, 400, "unwatched"), (400, None, "own")]


def test_a_camera_that_is_not_to_be_recorded_now_loses_nothing() -> None:
    assert of(RECORDED, Change(300, Own.NOT_SCHEDULED))[-1] == (300, None, "not_scheduled")


def test_another_spare_is_another_stretch() -> None:
    covers = [Cover(start=500, end=550, by="Attic"), Cover(start=550, end=600, by="Cellar")]
    found = camera_timeline([RECORDED, Change(500, MISSING)], covers, [], BEGIN, NOW)
    assert [it.by for it in found] == ["", "Attic", "Cellar", ""]


# What is remembered


def test_the_same_again_is_no_news() -> None:
    known = [RECORDED]
    assert noted(known, Change(10, Own.RECORDED)) is known


def test_news_may_reach_back() -> None:
    known = [RECORDED, Change(495, Own.UNTOLD)]
    assert noted(known, Change(490, MISSING)) == [RECORDED, Change(490, MISSING)]
    assert noted(known, Change(490, Own.RECORDED)) == [RECORDED]


def test_what_is_too_old_is_forgotten_but_for_what_it_left() -> None:
    known = [RECORDED, Change(50, MISSING), Change(90, Own.RECORDED), Change(200, MISSING)]
    assert trimmed(known, BEGIN) == known[2:]
    assert trimmed(known[:1], BEGIN) == known[:1]


# What devices tell


@pytest.fixture
def site() -> Replay:
    return Replay(group(device("a"))).calm()


def told(site: Replay, channel: int = 1) -> Change | None:
    return own_recording(site.state, site.state.devices["a"], channel)


def test_a_device_that_is_away_records_nothing_since_its_last_heartbeat(site: Replay) -> None:
    last = site.now
    site.wait(5).kill("a")
    assert told(site) == Change(last, MISSING)


def test_a_suspected_device_is_no_news(site: Replay) -> None:
    site.wait(5).miss("a")
    assert told(site) is None


def test_a_camera_is_missing_since_it_was_first_said_but_not_before_it_is_proven(
    site: Replay,
) -> None:
    site.wait(10).hear("a").tell("a", NO, YES)
    since = site.now
    assert told(site) is None
    for _ in range(7):
        site.wait(10).hear("a").tell("a", NO, YES)
    assert told(site) == Change(since, MISSING)
    second = told(site, 2)
    assert second is not None
    assert second.own is Own.RECORDED


def test_a_device_that_tells_nothing_any_more_is_taken_at_its_last_word(site: Replay) -> None:
    last = site.now
    for _ in range(13):
        site.wait(5).hear("a")
    assert told(site) == Change(last, Own.UNTOLD)


# A whole device


def stretch(start: float, end: float | None, kind: Kind, by: str = "") -> Stretch:
    return Stretch(start=start, end=end, kind=kind, by=by)


def test_each_moment_of_a_device_is_what_is_worst_of_its_cameras() -> None:
    first = [stretch(0, 10, Kind.OWN), stretch(10, None, Kind.SPARE, "Attic")]
    second = [stretch(0, 10, Kind.OWN), stretch(10, 20, Kind.LOST), stretch(20, None, Kind.OWN)]
    assert device_timeline([first, second]) == (
        stretch(0, 10, Kind.OWN),
        Stretch(
            start=10,
            end=20,
            kind=Kind.LOST,
            by="Attic",
            cameras={Kind.SPARE: 1, Kind.LOST: 1},
        ),
        Stretch(
            start=20,
            end=None,
            kind=Kind.SPARE,
            by="Attic",
            cameras={Kind.SPARE: 1, Kind.OWN: 1},
        ),
    )


def test_a_device_without_cameras_has_no_timeline() -> None:
    assert device_timeline([]) == ()
