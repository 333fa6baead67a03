"""Telling a camera's sub stream from its main stream, and the other way round."""

import pytest

from custom_components.nvr_hotspare.nvr.streams import main_stream, sub_stream

PAIRS = [
    ("/Streaming/Channels/101", "/Streaming/Channels/102"),
    ("/Streaming/Channels/1601?a=1", "/Streaming/Channels/1602?a=1"),
    ("/ISAPI/Streaming/channels/101", "/ISAPI/Streaming/channels/102"),
    ("/h264/ch1/main/av_stream", "/h264/ch1/sub/av_stream"),
    ("/cam/realmonitor?channel=1&subtype=0", "/cam/realmonitor?channel=1&subtype=1"),
    (
        "/cam/realmonitor?subtype=0&channel=10&unicast=true",
        "/cam/realmonitor?subtype=1&channel=10&unicast=true",
    ),
    ("/h264Preview_01_main", "/h264Preview_01_sub"),
    ("/Preview_01_main", "/Preview_01_sub"),
    ("/media/video1", "/media/video2"),
    ("/unicast/c2/s0/live", "/unicast/c2/s1/live"),
    ("/stream1", "/stream2"),
    ("/videoMain", "/videoSub"),
    ("/main", "/sub"),
]


@pytest.mark.parametrize(("main", "sub"), PAIRS)
def test_each_stream_is_told_from_the_other(main: str, sub: str) -> None:
    host = "rtsp://192.168.1.31:554"
    assert sub_stream(host + main) == host + sub
    assert main_stream(host + sub) == host + main
    assert sub_stream(host + sub) is None
    assert main_stream(host + main) is None


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/axis-media/media.amp",
        "/cam/realmonitor?channel=1",
        "/cam/realmonitor?channel=1&subtype=01",
        "/Streaming/Channels/1",
        "/Streaming/Channels/103",
        "/h264Preview_01_mainstay",
        "/stream11",
        "/a/stream1/b",
        "/a/main",
        "/mainstream",
    ],
)
def test_of_another_path_nothing_is_said(path: str) -> None:
    uri = f"rtsp://camera{path}"
    assert sub_stream(uri) is None
    assert main_stream(uri) is None


def test_a_host_is_no_path() -> None:
    assert sub_stream("rtsp://main") is None
    assert sub_stream("rtsp://stream1/") is None
