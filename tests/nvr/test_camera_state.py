"""What was changed of a camera, by how it was and how it is."""

from dataclasses import replace

import pytest

from custom_components.nvr_hotspare.nvr.camera_state import (
    CLOCK_JUMP,
    Aspect,
    CameraState,
    Change,
    Encoding,
    changes,
)

MAIN = Encoding(
    codec="H264", resolution="1920x1080", frame_rate="25", bitrate="4096", key_interval="50"
)
CAMERA = CameraState(
    clock=0.3, time_source="NTP", time_zone="CET-1", encodings={"Main": MAIN, "Sub": MAIN}
)


def test_a_camera_that_is_as_it_was_is_not_changed() -> None:
    assert changes(CAMERA, CAMERA) == []


def test_a_clock_is_set_where_it_jumps_and_not_where_it_is_read_anew() -> None:
    assert changes(CAMERA, replace(CAMERA, clock=0.3 + CLOCK_JUMP - 0.1)) == []
    assert changes(CAMERA, replace(CAMERA, clock=-3599.9)) == [
        Change(aspect=Aspect.CLOCK, before="+0", after="-3600")
    ]


@pytest.mark.parametrize(
    ("aspect", "before", "after"),
    [("time_source", "NTP", "Manual"), ("time_zone", "CET-1", "UTC0")],
)
def test_where_a_camera_has_its_time_from_is_compared(aspect: str, before: str, after: str) -> None:
    now = replace(CAMERA, **{aspect: after})  # type: ignore[arg-type]
    assert changes(CAMERA, now) == [Change(aspect=Aspect(aspect), before=before, after=after)]


@pytest.mark.parametrize(
    ("field", "after"),
    [
        ("codec", "H265"),
        ("resolution", "1280x720"),
        ("frame_rate", "12"),
        ("bitrate", "512"),
        ("key_interval", "100"),
    ],
)
def test_each_stream_is_compared_by_itself(field: str, after: str) -> None:
    sub = replace(MAIN, **{field: after})
    (change,) = changes(CAMERA, replace(CAMERA, encodings={"Main": MAIN, "Sub": sub}))
    assert (change.aspect, change.stream) == (Aspect(field), "Sub")
    assert (change.before, change.after) == (getattr(MAIN, field), after)


def test_what_is_not_told_any_more_or_was_not_told_before_has_not_changed() -> None:
    silent = CameraState(encodings={"Main": Encoding(codec="H264")})
    assert changes(CAMERA, silent) == []
    assert changes(silent, CAMERA) == []
    assert changes(CAMERA, replace(CAMERA, encodings={})) == []
