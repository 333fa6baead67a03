"""Sources: their credentials, and whether they die with the recorder."""

import pytest

from custom_components.nvr_hotspare.nvr.uris import (
    is_at,
    is_own_address,
    is_same_stream,
    stream_uri,
    with_credentials,
)
from custom_components.nvr_hotspare.recorder.model import Source


@pytest.mark.parametrize(
    ("username", "password", "uri"),
    [
        ("", "", "rtsp://cam/s?x=1"),
        ("viewer", "", "rtsp://viewer@cam/s?x=1"),
        ("viewer", "pw", "rtsp://viewer:pw@cam/s?x=1"),
        ("us:er@x", "p@ss:w/ö?#%", "rtsp://us%3Aer%40x:p%40ss%3Aw%2F%C3%B6%3F%23%25@cam/s?x=1"),
    ],
)
def test_credentials_become_userinfo(username: str, password: str, uri: str) -> None:
    source = Source(uri="rtsp://cam/s?x=1", username=username, password=password)
    assert with_credentials(source) == uri


def test_userinfo_keeps_port_and_ipv6_address() -> None:
    source = Source(uri="rtsp://[fe80::1]:8554/s", username="u", password="p")
    assert with_credentials(source) == "rtsp://u:p@[fe80::1]:8554/s"


@pytest.mark.parametrize(
    ("told", "uri"),
    [
        ("rtsp://10.0.0.9:554/s?a=b", "rtsp://10.0.0.9:554/s?a=b"),
        ("rtsp://user:****@10.0.0.9/s", "rtsp://10.0.0.9/s"),
        ("rtsp://user:p@ss@10.0.0.9/s", "rtsp://10.0.0.9/s"),
        (" rtsp://10.0.0.9/s ", "rtsp://10.0.0.9/s"),
        ("rtsps://10.0.0.9/s", "rtsps://10.0.0.9/s"),
        ("http://10.0.0.9/s", None),
        ("file:///etc/passwd", None),
        ("rtsp:///s", None),
        ("rtsp://10.0.0.9:port/s", None),
        ("rtsp://10.0.0.9/s\r\nX: y", None),
        ("rtsp://[broken/s", None),
        ("rtsp://10.0.0.9/" + "s" * 3000, None),
        ("", None),
    ],
)
def test_only_a_usable_uri_is_taken_from_a_unit(told: str, uri: str | None) -> None:
    assert stream_uri(told) == uri


def test_the_same_stream_is_known_in_other_words() -> None:
    assert is_same_stream("rtsp://u:p@CAM/s", "rtsp://cam:554/s")
    assert is_same_stream("rtsp://[::ffff:10.0.0.9]/s", "rtsp://10.0.0.9/s")
    assert not is_same_stream("rtsp://cam/s", "rtsp://cam/S")
    assert not is_same_stream("rtsp://cam/s?subtype=0", "rtsp://cam/s?subtype=1")
    assert not is_same_stream("rtsp://cam:8554/s", "rtsp://cam/s")


@pytest.mark.parametrize(
    ("uri", "host", "own"),
    [
        ("rtsp://10.0.0.5:554/s", "10.0.0.5", True),
        ("rtsp://NVR.local/s", "nvr.local.", True),
        ("rtsp://[::ffff:10.0.0.5]/s", "10.0.0.5", True),
        ("rtsp://192.168.254.1/s", "10.0.0.5", True),
        ("rtsp://127.0.0.1:554/s", "10.0.0.5", True),
        ("rtsp://localhost/s", "10.0.0.5", True),
        ("rtsp://0.0.0.0/s", "10.0.0.5", True),
        ("rtsp://10.0.0.6/s", "10.0.0.5", False),
        ("rtsp://127.0.1.1/s", "127.0.0.11", False),
        ("rtsp://127.0.0.11/s", "127.0.0.11", True),
        ("no uri", "10.0.0.5", False),
    ],
)
def test_a_source_at_the_recorder_itself_is_found_out(uri: str, host: str, own: bool) -> None:  # noqa: FBT001 - a parameter of the table above
    assert is_own_address(uri, host, ["192.168.254.1"]) is own


def test_whose_host_it_is_is_known_in_other_words() -> None:
    assert is_at("rtsp://u:p@[::ffff:10.0.0.9]:554/s", "10.0.0.9")
    assert is_at("rtsp://CAM.local/s", "cam.local.")
    assert not is_at("rtsp://10.0.0.9/s", "10.0.0.8")
    assert not is_at("rtsp://10.0.0.9/s", "")
    assert not is_at("no uri", "10.0.0.9")
