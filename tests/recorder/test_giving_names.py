"""What recorders call their recordings: made, understood, and never a way out of the folder."""

from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.giving.model import (
    Target,
    TransferError,
    TransferProblem,
)
from custom_components.nvr_hotspare.recorder.giving.naming import (
    DATES,
    MEDIAMTX,
    VIRTUAL_NVR,
    Names,
    check,
    clash,
    example,
)
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.recorder.footage import START

HOUR = 3_600_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def target(template: str, zone: str = "UTC", name: str = "Hof", channel: int = 3) -> Target:
    return Target(folder="/srv", template=template, zone=zone, channel=channel, name=name)


def nanoseconds(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1) * 1000


@pytest.mark.parametrize(
    ("template", "zone", "name", "path"),
    [
        (VIRTUAL_NVR, "UTC", "", "recording-channel-3/2026-11-23T18-31-00.123456Z.mp4"),
        (MEDIAMTX, "Europe/Berlin", "cams/yard", "cams/yard/2026-11-23_19-31-00-123456.mp4"),
        (DATES, "America/New_York", "Hof/Süd", "Hof_Süd/2026-11-23/13-31-00.mp4"),
        ("{channel}%%/%Y/%j/%s%z.mp4", "Asia/Kolkata", "", "3%/2026/328/1795458660+0530.mp4"),
    ],
)
def test_a_recording_is_called_as_the_template_has_it(
    template: str, zone: str, name: str, path: str
) -> None:
    day = path.replace("328", str(datetime(2026, 11, 24, tzinfo=UTC).timetuple().tm_yday))
    assert example(target(template, zone, name), START) == day


@pytest.mark.parametrize("template", [VIRTUAL_NVR, MEDIAMTX, DATES, "%s-%f.mp4", "%Y%j%H%M%S.mp4"])
@given(time=st.integers(0, 4_000_000_000).map(lambda seconds: seconds * 1_000_000_000))
def test_what_is_named_is_understood_again(template: str, time: int) -> None:
    names = Names(target(template, "Europe/Berlin"))
    path = next(names.candidates(time))
    assert time in names.times(path)
    for depth in range(names.depth):
        above = "/".join(path.split("/")[: depth + 1])
        assert names.may_hold(above, depth, Span(time, time))


@given(
    name=st.text(), template=st.sampled_from([MEDIAMTX, DATES, "{name}%s.mp4", "a{name}/%s.mp4"])
)
def test_no_name_leads_out_of_the_folder_or_is_taken_for_a_code(name: str, template: str) -> None:
    path = example(target(template, name=name), START)
    parts = PurePosixPath(path).parts
    assert not path.startswith("/")
    assert not {"..", ".", ""} & {*parts, *path.split("/")}
    assert path.isprintable()
    assert all(len(part.encode()) < 256 for part in parts)
    assert Names(target(template, name=name)).times(path)


@pytest.mark.parametrize(
    "template",
    [
        "",
        "%s",
        "%s.mkv",
        "/%s.mp4",
        "../%s.mp4",
        "a/../%s.mp4",
        "a//%s.mp4",
        "./%s.mp4",
        "a\\%s.mp4",
        "a\n%s.mp4",
        "recording.mp4",
        "%Y-%m-%d_%H-%M.mp4",
        "%m-%d_%H-%M-%S.mp4",
        "%Q%s.mp4",
        "%s%.mp4",
        "{host}%s.mp4",
        "{%s.mp4",
        "x{path}/%s.mp4",
        "a" * 300 + "%s.mp4",
        "/".join("abcdefghijklm") + "/%s.mp4",
        "a" * 230 + "/%s.mp4",
    ],
)
def test_a_template_without_sense_is_refused_with_a_reason(template: str) -> None:
    with pytest.raises(TransferError, match=r"\.$") as caught:
        check(template, "UTC")
    assert caught.value.problem is TransferProblem.NAME_INVALID


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "Europe"])
def test_a_time_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(TransferError, match="time zone"):
        check(DATES, zone)


def test_a_name_in_the_hour_that_comes_twice_has_two_times() -> None:
    names = Names(target(DATES, "Europe/Berlin"))
    first, second = (
        nanoseconds("2026-10-25T00:30:00+00:00"),
        nanoseconds("2026-10-25T01:30:00+00:00"),
    )
    assert next(names.candidates(first)) == next(names.candidates(second))
    assert names.times(next(names.candidates(first))) == (first, second)
    assert names.times("Hof/2026-10-25/01-30-00.mp4") == (first - HOUR,)


def test_with_the_offset_in_its_name_no_recording_has_two_times() -> None:
    names = Names(target("%Y-%m-%dT%H-%M-%S%z.mp4", "Europe/Berlin"))
    for text in ("2026-10-25T00:30:00+00:00", "2026-10-25T01:30:00+00:00"):
        time = nanoseconds(text)
        assert names.times(next(names.candidates(time))) == (time,)


@pytest.mark.parametrize(
    "path",
    [
        "recording-channel-4/2026-11-23T18-31-00.123456Z.mp4",
        "recording-channel-3/2026-11-23T18-31-00.123456Z.mp4.partial",
        "recording-channel-3/2026-02-31T18-31-00.123456Z.mp4",
        "recording-channel-3/2026-11-23T18-61-00.123456Z.mp4",
        "recording-channel-3/0000-11-23T18-31-00.123456Z.mp4",
        "recording-channel-3/x.mp4",
    ],
)
def test_other_files_are_none_of_the_channels(path: str) -> None:
    assert Names(target(VIRTUAL_NVR)).times(path) == ()


def test_folders_of_other_days_are_not_looked_into() -> None:
    names = Names(target("{name}/%Y/%m/%d/%H-%M-%S.mp4"))
    within = Span(START, START + HOUR)
    for path, expected in (
        ("Hof", True),
        ("Tor", False),
        ("Hof/2026", True),
        ("Hof/2025", False),
        ("Hof/2026/11", True),
        ("Hof/2026/09", False),
        ("Hof/2026/11/23", True),
        ("Hof/2026/11/22", True),
        ("Hof/2026/11/19", False),
        ("Hof/2026/13/19", False),
        ("Hof/0001/01/01", False),
    ):
        assert names.may_hold(path, path.count("/"), within) is expected, path


def test_two_channels_must_not_have_the_same_names() -> None:
    one, two = target("%s.mp4", channel=1), target("%s.mp4", channel=2)
    error = clash(two, [one])
    assert error
    assert error.problem is TransferProblem.NAME_INVALID
    assert clash(one, [one]) is None
    assert clash(target(DATES, name="a", channel=1), [target(DATES, name="b", channel=2)]) is None
    assert clash(target(DATES, name="a/b", channel=1), [target(DATES, name="a_b", channel=2)])
