"""What a device lacks of an outage, and what is told of it."""

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.failover.model import Camera, Window
from custom_components.nvr_hotspare.giving.lacking import (
    REACH,
    SECOND,
    certain,
    ends_before,
    lacking,
    span_of,
)
from custom_components.nvr_hotspare.giving.report import MAX_STRETCHES, Given, progress, report
from custom_components.nvr_hotspare.nvr.model import FootageTold
from custom_components.nvr_hotspare.recorder.giving.model import TransferReport, TransferState
from custom_components.nvr_hotspare.recorder.spans import Span, difference, intersection, union

WINDOW = Window(
    outage=1120.0, start=1000.0, end=1200.0, cameras=(Camera("a", 1),), spares=("spare",)
)


def spans(*pairs: tuple[float, float]) -> tuple[Span, ...]:
    return tuple(Span(round(start * SECOND), round(end * SECOND)) for start, end in pairs)


def told(*pairs: tuple[float, float], exact: bool = True, uncertainty: float = 0) -> FootageTold:
    return FootageTold(spans=spans(*pairs), exact=exact, uncertainty=round(uncertainty * SECOND))


def test_only_what_the_device_lacks_is_asked_for() -> None:
    found = lacking(WINDOW, spans((900, 1120), (1180, 1300)), told((1100, 1190)))
    assert found.gaps == spans((1120, 1180))
    assert found.missing == ()


def test_a_recording_that_stops_short_of_the_outage_has_an_earlier_gap() -> None:
    found = lacking(WINDOW, spans((900, 1101), (1180, 1300)), told((1090, 1190)))
    assert found.gaps == spans((1101, 1180))


def test_what_neither_has_is_missing() -> None:
    found = lacking(WINDOW, spans((900, 1110), (1180, 1300)), told((1130, 1150), (1160, 1190)))
    assert found.gaps == spans((1130, 1150), (1160, 1180))
    assert found.missing == spans((1110, 1130), (1150, 1160))


def test_what_was_not_to_be_recorded_before_the_outage_is_not_missing() -> None:
    found = lacking(WINDOW, spans((1180, 1300)), told((1130, 1190)))
    assert found.missing == spans((1120, 1130))


def test_a_device_that_was_recording_for_a_moment_lacks_nothing_from_before_it() -> None:
    found = lacking(WINDOW, spans((1100, 1119), (1180, 1300)), told((1118, 1190)))
    assert found.missing == ()


def test_the_window_is_widened_to_the_recording_that_runs_into_it() -> None:
    found = lacking(WINDOW, (), told((500, 600), (700, 1010), (1190, 1500), (1600, 1700)))
    assert found.window == Span(700 * SECOND, 1500 * SECOND)
    assert found.gaps == spans((700, 1010), (1190, 1500))


def test_the_window_is_not_widened_for_ever() -> None:
    found = lacking(WINDOW, (), told((0, 10_000_000)))
    assert found.window == Span(0, 1200 * SECOND + REACH)


def test_a_unit_that_is_unsure_is_asked_for_more_and_believed_less() -> None:
    held = told((1130, 1150), uncertainty=2)
    assert lacking(WINDOW, (), held).gaps == spans((1128, 1152))
    assert certain(told((1000, 1120), (1130, 1132), uncertainty=2)) == spans((1002, 1118))


def test_a_unit_that_knows_no_holes_has_nothing_for_certain() -> None:
    assert certain(told((900, 1300), exact=False)) == ()
    assert certain(None) == ()


def test_footage_that_the_spare_surely_has_and_the_device_has_not_remains_to_be_given() -> None:
    held = told((1100, 1190), uncertainty=0.5)
    before = lacking(WINDOW, spans((900, 1120), (1180, 1300)), held)
    assert before.remains
    assert before.lost == ()
    after = lacking(WINDOW, spans((900, 1189.7)), held)
    assert not after.remains
    assert after.lost == spans((1189.7, 1200))


def test_of_a_spare_that_can_not_tell_everything_is_asked_for() -> None:
    found = lacking(WINDOW, spans((900, 1120)), None)
    assert (found.gaps, found.missing) == (spans((1120, 1200)), ())


def test_a_device_that_has_not_written_the_end_yet() -> None:
    window = span_of(WINDOW)
    assert ends_before(spans((900, 1199)), window)
    assert not ends_before(spans((1150, 1200)), window)
    assert not ends_before(spans((1150, 1300)), window)
    assert ends_before(spans((1200, 1300)), window)


pairs = st.lists(
    st.tuples(st.integers(900, 1300), st.integers(0, 100)).map(lambda it: (it[0], sum(it))),
    max_size=8,
)


@given(pairs, pairs)
def test_whatever_is_there_no_second_is_asked_for_twice_or_forgotten(
    own: list[tuple[int, int]], held: list[tuple[int, int]]
) -> None:
    has, spare = union(spans(*own)), union(spans(*held))
    found = lacking(WINDOW, has, FootageTold(spans=spare, exact=True))
    window = span_of(WINDOW)
    assert not intersection(found.gaps, has)
    assert not difference(found.gaps, spare)
    assert not difference(intersection([window], spare), [*has, *found.gaps])
    assert not intersection(found.missing, [*has, *spare])
    after = Span(round(WINDOW.outage * SECOND), window.end)
    assert not difference([after], [*has, *found.gaps, *found.missing])


def transfer(seconds: float, **values: object) -> TransferReport:
    fields = {
        "seconds": seconds,
        "seconds_done": seconds,
        "frames": round(25 * seconds),
        "playing_time": seconds,
    }
    return TransferReport(channel="a.1", state=TransferState.DONE, **fields | values)  # type: ignore[arg-type]  # any field


def test_the_report_tells_what_was_given_and_what_was_not() -> None:
    given = Given(
        channel=1,
        reports=[transfer(60, overlap_frames=5, frames=1505, playing_time=60.2)],
        missing=spans((1120, 1124)),
        unread=spans((1150, 1152)),
    )
    data = report([given], took=3.25, picked_up=True)
    assert data["footage_returned"] == 60
    assert data["overlap_frames"] == 5
    assert data["channels"] == {
        "1": {
            "seconds": 60,
            "frames": 1500,
            "missing_seconds": 6,
            "missing_frames": 150,
            "not_recovered": [
                {
                    "from": "1970-01-01T00:18:40.000+00:00",
                    "to": "1970-01-01T00:18:44.000+00:00",
                    "reason": "not_recorded",
                },
                {
                    "from": "1970-01-01T00:19:10.000+00:00",
                    "to": "1970-01-01T00:19:12.000+00:00",
                    "reason": "damaged",
                },
            ],
        }
    }


def test_what_was_given_before_an_interruption_counts() -> None:
    again = transfer(2, frames=250, overlap_frames=50, playing_time=10)
    data = report(
        [Given(channel=1, reports=[again], missing=spans((0, 40)), unread=())],
        took=0,
        picked_up=None,
    )
    assert data["footage_returned"] == pytest.approx(8)
    channels = data["channels"]
    assert isinstance(channels, dict)
    assert channels["1"]["missing_frames"] == 1000


def test_how_many_frames_are_missing_is_not_known_where_none_was_given() -> None:
    data = report(
        [Given(channel=1, reports=[], missing=spans((0, 9)), unread=())],
        took=0,
        picked_up=None,
    )
    channels = data["channels"]
    assert isinstance(channels, dict)
    assert channels["1"]["missing_frames"] is None


def test_many_stretches_are_told_as_few() -> None:
    many = spans(*((at, at + 1) for at in range(0, 10_000, 10)))
    data = report([Given(channel=1, reports=[], missing=many, unread=())], took=0, picked_up=None)
    channels = data["channels"]
    assert isinstance(channels, dict)
    assert len(channels["1"]["not_recovered"]) <= MAX_STRETCHES
    assert channels["1"]["missing_seconds"] == 1000


def test_progress_is_told_of_all_cameras_and_of_each() -> None:
    half = transfer(100, seconds_done=50, bytes=7)
    now = progress({1: [half], 2: [transfer(100, bytes=10)], 3: []}, 30)
    assert (now.percent, now.bytes, now.remaining) == (75, 17, 10)
    assert now.channels == {1: 50, 2: 100, 3: 0}
    assert progress({}, 30).remaining is None
    assert progress({}, 30).percent == pytest.approx(0)
