"""What Dahua recorders say, read: lines, times, marks and schedules, whatever stands in them."""

from datetime import datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.failover.model import Recording
from custom_components.nvr_hotspare.nvr.dahua.builder import check_codes
from custom_components.nvr_hotspare.nvr.dahua.client import address
from custom_components.nvr_hotspare.nvr.dahua.devices import read_entries
from custom_components.nvr_hotspare.nvr.dahua.listening import event_of
from custom_components.nvr_hotspare.nvr.dahua.local_clock import read_time, write_time
from custom_components.nvr_hotspare.nvr.dahua.mark import Mark
from custom_components.nvr_hotspare.nvr.dahua.schedule import is_due, modes, not_recording
from custom_components.nvr_hotspare.nvr.dahua.table import indexed, is_ok, read_table, whole
from custom_components.nvr_hotspare.nvr.errors import UnitError, UnitProtocolError, UnitRequestError
from custom_components.nvr_hotspare.nvr.model import StorageState

MONDAY_NOON = datetime(2026, 11, 30, 12, 0, 0)  # noqa: DTZ001 - a recorder's local time


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\r\n\r\n"])
def test_line_ends_differ(end: str) -> None:
    body = end.join(["a=1", "b[0].c=x=y=z", "", "no pair", "d="]).encode()
    assert read_table(body) == {"a": "1", "b[0].c": "x=y=z", "d": ""}


def test_a_line_is_no_line_of_unicode() -> None:
    assert read_table("name=a\u2028b\x0bc".encode()) == {"name": "a\u2028b\x0bc"}


@pytest.mark.parametrize("body", [b"Error", b"Error\r\nBad Request!\r\n", b"Error: No Events\n"])
def test_an_error_within_200_is_an_error(body: bytes) -> None:
    with pytest.raises(UnitRequestError):
        read_table(body)
    assert not is_ok(body)


@pytest.mark.parametrize("body", [b"<html><body>a=b</body></html>", b"a=1\n" * 60_000])
def test_what_is_no_table_is_refused(body: bytes) -> None:
    with pytest.raises(UnitProtocolError):
        read_table(body)


@pytest.mark.parametrize("body", [b"OK", b"OK\r\n", b" ok\n"])
def test_ok_is_ok(body: bytes) -> None:
    assert is_ok(body)


def test_indices_may_have_gaps_and_come_in_any_order() -> None:
    table = {"x[3].a": "d", "x[1].a": "b", "x[10]": "k", "y[0].a": "no", "x[].a": "no"}
    assert list(indexed(table, "x")) == [(1, {"a": "b"}), (3, {"a": "d"}), (10, {"": "k"})]


def test_bytes_have_decimals() -> None:
    assert whole("2000324395008.000000") == 2_000_324_395_008
    assert [whole(it) for it in ("", "x", "nan", "inf", "1e999")] == [None] * 5


def test_entries_are_found_with_and_without_their_prefix() -> None:
    name = "System_CONFIG_NETCAMERA_INFO_"
    told = read_entries(
        {
            f"RemoteDevice.uuid:{name}0.Address": "10.0.0.1",
            f"RemoteDevice.{name}12.VideoInputs[0].MainStreamUrl": "rtsp://a/b",
            "RemoteDevice.Other_1.Address": "10.0.0.2",
        }
    )
    assert told == {0: {"Address": "10.0.0.1"}, 12: {"VideoInputs[0].MainStreamUrl": "rtsp://a/b"}}


def test_a_space_is_never_a_plus_and_a_plus_never_a_space() -> None:
    url = address("mediaFileFind", "findFile", {"condition.StartTime": "2026-06-16 14:34:00"})
    assert url.raw_query_string.endswith("condition.StartTime=2026-06-16%2014:34:00")
    secret = address("configManager", "setConfig", {"x.Password": "a+b&c=d#e/é"})
    assert secret.raw_query_string.endswith("x.Password=a%2Bb%26c%3Dd%23e%2F%C3%A9")


@given(st.integers(0, 4_000_000_000))
def test_times_are_read_as_they_are_written(seconds: int) -> None:
    assert read_time(write_time(seconds)) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "2026-13-01 00:00:00", "2026-01-01T00:00:00", "yesterday", "9999-12-31 23:59:59"],
)
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UnitProtocolError):
        read_time(text)


def test_single_digits_are_read_too() -> None:
    assert read_time("2026-1-2 3:04:05") == read_time("2026-01-02 03:04:05")


@given(st.text(min_size=1, max_size=20), st.integers(0, 0xFFFFFFFFFF))
def test_a_mark_is_read_as_it_was_written(key: str, since: int) -> None:
    try:
        text = Mark(key, since).text
    except UnitRequestError, UnicodeEncodeError:
        return
    assert Mark.read(text) == Mark(key, since)
    assert text.isascii()
    assert " " not in text


@pytest.mark.parametrize("name", ["", "Gate", "hotspare:", "hotspare:zz:a", "x hotspare:1:a"])
def test_other_names_are_no_marks(name: str) -> None:
    assert Mark.read(name) is None


def test_schedules_tell_what_is_due() -> None:
    week = {"TimeSection[1][0]": "1 08:00:00-12:00:00", "TimeSection[1][1]": "6 00:00:00-24:00:00"}
    assert is_due(week, MONDAY_NOON.replace(hour=11)) is True
    assert is_due(week, MONDAY_NOON) is False  # motion alone is not everything
    assert is_due(week, MONDAY_NOON.replace(day=29)) is None
    assert is_due({"TimeSection[0][0]": "65535 00:00:00-24:00:00"}, MONDAY_NOON.replace(day=29))


def test_what_is_not_recorded_is_a_failure_only_where_it_should_be() -> None:
    always = {"TimeSection[1][0]": "1 00:00:00-24:00:00"}
    told = [not_recording(mode, always, MONDAY_NOON) for mode in (0, 1, 2, 7, None)]
    assert told == [
        Recording.NO,
        Recording.NO,
        Recording.NOT_SCHEDULED,
        Recording.UNKNOWN,
        Recording.UNKNOWN,
    ]
    assert not_recording(0, {}, MONDAY_NOON) is Recording.UNKNOWN
    assert not_recording(0, always, None) is Recording.UNKNOWN


def test_modes_that_are_none_are_left_out() -> None:
    table = {"RecordMode[0].Mode": "1", "RecordMode[1].Mode": "x", "RecordMode[2].ModeExtra1": "2"}
    assert modes(table) == {0: 1}


@pytest.mark.parametrize("told", [{}, {"group": None}, {"group": [3]}, {"group": [{}]}])
def test_answers_without_codes_are_no_refusals(told: dict[str, object]) -> None:
    check_codes(told)


@pytest.mark.parametrize("code", [1, -1, "1", True, [], "OK"])
def test_any_code_but_zero_is_a_refusal(code: object) -> None:
    with pytest.raises(UnitRequestError):
        check_codes({"group": [{"cameras": [{"failedCode": code}]}]})


def test_only_events_of_disks_matter() -> None:
    assert event_of(b"Heartbeat") is None
    assert event_of(b"Code=VideoMotion;action=Start;index=0") is None
    assert event_of(b"") is None
    told = event_of(b'Code=StorageNotExist;action=Start;index=2;data={"Name" : "x;y"}')
    assert told == StorageState(storage="StorageNotExist 2", failed=True)


@given(st.binary(max_size=400))
def test_nothing_that_is_said_breaks_the_reader(body: bytes) -> None:
    try:
        table = read_table(body)
    except UnitError:
        return
    list(indexed(table, "items"))
    read_entries(table)
    modes(table)
    is_due(table, MONDAY_NOON)
