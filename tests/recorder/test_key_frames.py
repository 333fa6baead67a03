"""Where decoding can begin: open GOPs, gradual refresh, and cameras that send IDR once or never."""

from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder import recording
from custom_components.nvr_hotspare.recorder.model import Codec, VideoFrame
from custom_components.nvr_hotspare.recorder.rtp import h264
from custom_components.nvr_hotspare.recorder.rtp.sei import is_recovery_point
from tests.recorder.encoded import STEP, TICKS, encode, looks, looks_of_file
from tests.recorder.wire import Wire, record, recorded

GOP = 12
OPEN = f"keyint={GOP}:min-keyint={GOP}:open-gop=1:bframes=2:b-adapt=0:scenecut=0"
GRADUAL = f"keyint={GOP}:intra-refresh=1:bframes=0"
FROM = 5
"""The first frame that is sent: no camera begins where it suits."""


def without_sei(frames: list[VideoFrame]) -> list[VideoFrame]:
    for frame in frames:
        frame.nal_units = [unit for unit in frame.nal_units if h264.nal_type(unit) != h264.SEI]
    return frames


CAMERAS = [
    pytest.param(Codec.H264, OPEN, True, 0, id="H.264, open GOPs"),
    pytest.param(Codec.H264, OPEN, False, 0, id="H.264, I pictures behind an SPS"),
    pytest.param(Codec.H264, GRADUAL, True, GOP, id="H.264, gradual refresh"),
    pytest.param(Codec.H265, OPEN, True, 0, id="H.265, open GOPs"),
]
"""Codec, how it is encoded, whether recovery points are told, and after how many pictures all
of a picture is right."""


def prepare(codec: Codec, parameters: str, *, sei: bool) -> list[VideoFrame]:
    """Encode; but for the first picture, which is not sent, there is no IDR picture."""
    sent = encode(4 * GOP, parameters, codec)
    return sent if sei else without_sei(sent)


@pytest.mark.parametrize(("codec", "parameters", "sei", "refresh"), CAMERAS)
async def test_what_is_recorded_from_the_middle_of_a_stream_looks_right(
    tmp_path: Path, codec: Codec, parameters: str, refresh: int, *, sei: bool
) -> None:
    sent = prepare(codec, parameters, sei=sei)
    assert not any(frame.key for frame in sent[FROM:] if codec is Codec.H264)
    first = next(number for number, frame in enumerate(sent) if frame.ticks == GOP * TICKS)
    wire = Wire(codec)
    media = wire.report(sent[FROM]) + wire.by_the_rules(sent[FROM:])
    paths = await record(media, tmp_path, sent[first:], codec)

    found = recorded(paths)
    assert [round(time / STEP) for time, _, _ in found] == [f.ticks // TICKS for f in sent[first:]]
    assert [round(time / STEP) for time, key, _ in found if key] == [GOP, 2 * GOP, 3 * GOP]
    (path,) = paths
    check_looks(path, GOP, looks(sent, codec), refresh)


@pytest.mark.parametrize(("codec", "parameters", "sei", "refresh"), CAMERAS)
async def test_each_file_looks_right_by_itself(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    codec: Codec,
    parameters: str,
    refresh: int,
    *,
    sei: bool,
) -> None:
    monkeypatch.setattr(recording, "CLIP", 2 * GOP * TICKS)
    sent = prepare(codec, parameters, sei=sei)
    wire = Wire(codec)
    media = wire.report(sent[0]) + wire.by_the_rules(sent)
    paths = await record(media, tmp_path, sent, codec)

    assert len(recorded(paths)) == len(sent)
    assert len(paths) == 2
    for number, path in enumerate(paths):
        check_looks(path, 2 * GOP * number, looks(sent, codec), refresh if number else 0)


def check_looks(path: Path, first: int, real: dict[int, str], refresh: int) -> None:
    """Compare what a file shows, whose key frame has this number, with the whole stream."""
    shown = {first + round(time * 25): look for time, look in looks_of_file(str(path)).items()}
    right = {number: look for number, look in shown.items() if number >= first + refresh}

    assert len(right) >= GOP
    assert right == {number: real[number] for number in right}
    if refresh == 0:
        assert right.keys() >= set(range(first + GOP // 2, max(right)))


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        pytest.param(b"\x06\x01\xc4\x80", True, id="alone"),
        pytest.param(b"\x05\x02ab\x06\x01\xc4\x80", True, id="behind another"),
        pytest.param(
            b"\x05\xff\x04" + bytes(range(1, 256)) + b"1234\x06\x01\xc4\x80", True, id="far"
        ),
        pytest.param(b"\x05\x03\x00\x00\x03\x01\x06\x01\xc4\x80", True, id="behind an escape"),
        pytest.param(b"\xff\x06\x01a\x80", False, id="message 261"),
        pytest.param(b"\x05\x04\x06\x01\xc4\x80\x80", False, id="within another"),
        pytest.param(b"\x05\xff", False, id="cut off"),
        pytest.param(b"\xff" * 5000, False, id="endless"),
        pytest.param(b"\x80", False, id="empty"),
        pytest.param(b"", False, id="nothing"),
    ],
)
def test_recovery_points_are_found_among_other_messages(payload: bytes, *, found: bool) -> None:
    assert is_recovery_point(payload) is found


@given(st.binary(max_size=60))
def test_no_message_breaks_the_search(payload: bytes) -> None:
    is_recovery_point(payload)
