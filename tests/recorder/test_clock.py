"""Capture times: from sender reports, from arrival, and what hostile clocks can't do to them."""

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.ntp import to_ntp
from custom_components.nvr_hotspare.recorder.rtp.clock import CaptureClock
from custom_components.nvr_hotspare.recorder.rtp.packet import SenderReport

NOW = 1_795_460_452_000_000_000
SECOND = 1_000_000_000
MS = 1_000_000
FRAME = 3600
STEP = 40 * MS


def _report(time: int, ticks: int) -> SenderReport:
    return SenderReport(to_ntp(time), ticks & 0xFFFF_FFFF)


def test_without_a_report_frames_were_captured_when_they_arrived() -> None:
    clock = CaptureClock()

    assert clock.capture(1000, NOW) == (1000, NOW)
    assert clock.capture(1000 + FRAME, NOW + STEP) == (1000 + FRAME, NOW + STEP)


def test_jitter_of_the_network_does_not_reach_the_times() -> None:
    clock = CaptureClock()
    clock.capture(0, NOW)

    for number, late in enumerate([30, 0, 200, 5], 1):
        _, time = clock.capture(number * FRAME, NOW + number * STEP + late * MS)

        assert abs(time - (NOW + number * STEP)) < MS


def test_arrival_follows_a_camera_whose_ticks_are_slow() -> None:
    clock = CaptureClock()
    time = arrival = 0

    for number in range(25 * 60 * 10):  # 200 ppm: 120 ms in these ten minutes
        arrival = NOW + number * (STEP + 8000)
        _, time = clock.capture(number * FRAME, arrival)

    assert abs(time - arrival) < MS


def test_a_report_says_when_frames_were_captured() -> None:
    clock = CaptureClock()
    clock.report(_report(NOW - 300 * MS, 5 * FRAME), NOW)

    assert clock.capture(6 * FRAME, NOW + 10 * MS) == (6 * FRAME, NOW - 300 * MS + STEP)


def test_a_camera_an_hour_off_is_believed() -> None:
    clock = CaptureClock()
    clock.report(_report(NOW - 3600 * SECOND, 0), NOW)

    assert clock.capture(FRAME, NOW)[1] == NOW - 3600 * SECOND + STEP


@pytest.mark.parametrize(
    "time", [-2_208_988_800 * SECOND, 0, NOW - 90_000 * SECOND, NOW + 90_000 * SECOND]
)
def test_a_camera_more_than_a_day_off_is_not_believed(time: int) -> None:
    clock = CaptureClock()
    clock.report(_report(time, 0), NOW)

    assert clock.capture(FRAME, NOW + STEP)[1] == NOW + STEP


def test_a_report_about_other_ticks_is_not_believed() -> None:
    clock = CaptureClock()
    clock.capture(1_000_000_000, NOW)
    clock.report(_report(NOW, 0), NOW)

    assert clock.capture(1_000_000_000 + FRAME, NOW + STEP)[1] == NOW + STEP


def test_a_later_report_corrects_the_times() -> None:
    clock = CaptureClock()
    clock.capture(0, NOW)
    clock.report(_report(NOW + 5 * SECOND, 0), NOW)

    assert clock.capture(FRAME, NOW + STEP)[1] == NOW + 5 * SECOND + STEP


def test_a_small_correction_back_slows_the_times_down() -> None:
    clock = CaptureClock()
    clock.capture(0, NOW)
    clock.report(_report(NOW - STEP, 0), NOW)

    times = [clock.capture(n * FRAME, NOW + n * STEP)[1] - NOW for n in range(1, 5)]

    assert times == [STEP // 2, STEP, 2 * STEP, 3 * STEP]


def test_a_large_correction_back_is_a_new_time() -> None:
    clock = CaptureClock()
    clock.capture(0, NOW)
    clock.report(_report(NOW - 3600 * SECOND, 0), NOW)

    assert clock.capture(FRAME, NOW + STEP)[1] == NOW - 3600 * SECOND + STEP


def test_ticks_grow_across_the_32_bit_limit() -> None:
    clock = CaptureClock()
    clock.report(_report(NOW, 2**32 - FRAME), NOW)

    assert clock.capture(2**32 - FRAME, NOW) == (2**32 - FRAME, NOW)
    assert clock.capture(0, NOW) == (2**32, NOW + STEP)
    clock.report(_report(NOW + STEP, 0), NOW)
    assert clock.capture(FRAME, NOW) == (2**32 + FRAME, NOW + 2 * STEP)


def test_frames_out_of_order_keep_the_times_they_belong_to() -> None:
    clock = CaptureClock()

    times = [clock.capture(n * FRAME, NOW + n * STEP)[1] - NOW for n in (0, 3, 1, 2, 6, 4, 5)]

    assert [time // STEP for time in times] == [0, 3, 1, 2, 6, 4, 5]


@pytest.mark.parametrize("timestamp", [3_000_000_000, 2_000_000_000 - 10**7, 0])
def test_a_jump_of_the_ticks_does_not_show(timestamp: int) -> None:
    clock = CaptureClock()
    clock.report(_report(NOW, 2_000_000_000), NOW)
    clock.capture(2_000_000_000, NOW)

    first = clock.capture(timestamp, NOW + STEP)
    second = clock.capture(timestamp + FRAME, NOW + 2 * STEP)

    assert first == (2_000_000_000 + FRAME, NOW + STEP)
    assert second == (2_000_000_000 + 2 * FRAME, NOW + 2 * STEP)


def test_a_backlog_is_no_jump() -> None:
    clock = CaptureClock()
    clock.report(_report(NOW, 0), NOW)
    clock.capture(0, NOW)

    assert clock.capture(FRAME, NOW + 20 * SECOND) == (FRAME, NOW + STEP)
    assert clock.capture(500 * FRAME, NOW + 20 * SECOND) == (500 * FRAME, NOW + 500 * STEP)


def _pair(ahead: int | None, sound_ahead: int | None) -> tuple[int, int]:
    """Times, less NOW, of a frame of video and of audio that arrive at once after reports."""
    video = CaptureClock()
    audio = CaptureClock(8000, video)
    video.capture(0, NOW)
    audio.capture(0, NOW)
    if ahead is not None:
        video.report(_report(NOW + ahead, 0), NOW)
    if sound_ahead is not None:
        audio.report(_report(NOW + sound_ahead, 0), NOW)
    seen = video.capture(FRAME, NOW + STEP)[1]
    heard = audio.capture(320, NOW + STEP)[1]
    return seen - NOW - STEP, heard - NOW - STEP


@pytest.mark.parametrize(
    ("ahead", "sound_ahead", "expected"),
    [
        pytest.param(None, None, (0, 0), id="no reports"),
        pytest.param(20 * MS, 50 * MS, (20 * MS, 50 * MS), id="both"),
        pytest.param(3600 * SECOND, None, (3600 * SECOND, 3600 * SECOND), id="of video only"),
        pytest.param(None, 500 * MS, (0, 0), id="of audio only"),
        pytest.param(SECOND, 9 * SECOND, (SECOND, SECOND), id="that disagree"),
    ],
)
def test_audio_keeps_to_its_video(
    ahead: int | None, sound_ahead: int | None, expected: tuple[int, int]
) -> None:
    assert _pair(ahead, sound_ahead) == expected


@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.integers(0, 2**64 - 1),
            st.integers(0, 2**32 - 1),
            st.integers(0, 20 * SECOND),
        ),
        max_size=50,
    )
)
def test_no_clock_makes_footage_of_another_day(
    events: list[tuple[bool, int, int, int]],
) -> None:
    clock, arrival = CaptureClock(), NOW
    for is_report, ntp, timestamp, passed in events:
        arrival += passed
        if is_report:
            clock.report(SenderReport(ntp, timestamp), arrival)
        else:
            _, time = clock.capture(timestamp, arrival)
            assert abs(time - arrival) < 2 * 86_400 * SECOND
