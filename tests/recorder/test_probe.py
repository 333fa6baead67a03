"""What a look at a camera's stream finds."""

import pytest

from custom_components.nvr_hotspare.recorder.auth import Guard
from custom_components.nvr_hotspare.recorder.errors import (
    SourceRejectedError,
    SourceUnreachableError,
)
from custom_components.nvr_hotspare.recorder.probe import probe_source
from tests.recorder.scripted_camera import gops, scripted_camera


async def test_two_seconds_of_a_stream_are_measured() -> None:
    async with scripted_camera() as camera:
        camera.guard = Guard("camera", {"admin": "secret"})
        camera.media = gops(range(51), gop=20)

        report = await probe_source(camera.source("admin", "secret"))

    assert (report.codec, report.width, report.height) == ("h264", 1280, 720)
    assert (report.frame_rate, report.key_interval) == (25.0, 0.8)
    assert report.bitrate == pytest.approx(25 * 505 * 8, rel=0.01)
    assert camera.methods[-1] == "TEARDOWN"


async def test_a_camera_of_few_frames_is_measured_by_them() -> None:
    async with scripted_camera() as camera:
        camera.media = gops([0, 1])

        report = await probe_source(camera.source(), timeout=1.0)

    assert (report.frame_rate, report.key_interval) == (25.0, None)


async def test_a_camera_that_sends_nothing() -> None:
    async with scripted_camera() as camera:
        with pytest.raises(SourceUnreachableError, match="no frames"):
            await probe_source(camera.source(), timeout=1.0)


async def test_the_errors_of_a_source_come_through() -> None:
    async with scripted_camera() as camera:
        camera.guard = Guard("camera", {"admin": "secret"})

        with pytest.raises(SourceRejectedError):
            await probe_source(camera.source("admin", "wrong"))
