"""The wire between the engine and the reader of a camera, which may be somebody else's by then."""

from contextlib import suppress
import struct

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.errors import SourceProtocolError
from custom_components.nvr_hotspare.recorder.libav.messages import (
    MAX_PAYLOAD,
    VERSION,
    Failure,
    Message,
    Opened,
    Packet,
    Parser,
    Sound,
    Trouble,
    encode,
    head,
)
from custom_components.nvr_hotspare.recorder.libav.video import video_receiver
from custom_components.nvr_hotspare.recorder.model import Codec

OPENED = Opened(
    video=Codec.MPEG4,
    headers="000001b0",
    audio=Sound(codec=Codec.AAC, rate=48_000, channels=2, config="1190"),
    left_out="speex",
)
PACKET = Packet(
    video=True, key=True, ticks=-3600, duration=3600, captured=0, arrival=1 << 60, data=b"picture"
)
FAILURE = Failure(trouble=Trouble.BROKEN, detail="ValueError in reader.py:1")


def sent(message: Message) -> bytes:
    if isinstance(message, Packet):
        return head(message) + message.data
    return encode(message)


@given(st.lists(st.sampled_from([OPENED, PACKET, FAILURE])), st.integers(1, 300))
def test_messages_come_out_as_they_went_in(messages: list[Message], step: int) -> None:
    data = b"".join(map(sent, messages))
    parser, found = Parser(), list[Message]()
    for start in range(0, len(data), step):
        found += parser.feed(data[start : start + step])

    assert found == messages


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(struct.pack(">BBI", VERSION + 1, 1, 2) + b"{}", id="another version"),
        pytest.param(struct.pack(">BBI", VERSION, 3, MAX_PAYLOAD + 1), id="too large"),
        pytest.param(struct.pack(">BBI", VERSION, 9, 2) + b"{}", id="of no kind"),
        pytest.param(struct.pack(">BBI", VERSION, 3, 5) + b"short", id="too short"),
        pytest.param(struct.pack(">BBI", VERSION, 1, 2) + b"{}", id="without a codec"),
        pytest.param(struct.pack(">BBI", VERSION, 2, 4) + b"\xff" * 4, id="no JSON"),
        pytest.param(b"[rtsp @ 0x1] a line of some library\n", id="a line of a log"),
    ],
)
def test_what_makes_no_sense_is_refused(data: bytes) -> None:
    with pytest.raises(SourceProtocolError, match="sense"):
        Parser().feed(data)


@given(st.data())
def test_no_damage_does_more_than_be_refused(data: st.DataObject) -> None:
    damaged = bytearray(sent(OPENED) + sent(PACKET) + sent(FAILURE))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with suppress(SourceProtocolError):
        Parser().feed(bytes(damaged))


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265, Codec.MJPEG, Codec.MPEG4])
@given(st.binary(max_size=100), st.binary(max_size=100))
def test_no_frame_does_harm(codec: Codec, headers: bytes, data: bytes) -> None:
    receiver = video_receiver(Opened(video=codec, headers=headers.hex()))
    receiver.push(PACKET._replace(data=data))


def test_what_is_no_video_has_no_receiver() -> None:
    with pytest.raises(ValueError, match="No camera"):
        video_receiver(Opened(video=Codec.AAC))


def test_nal_units_have_neither_start_codes_nor_zeros_around_them() -> None:
    receiver = video_receiver(Opened(video=Codec.H264))
    frame = receiver.push(PACKET._replace(data=b"\0\0\0\1\x67ab\0\0\1\x68\0c\0\0\0\0\1\x65d\0"))

    assert frame.nal_units == [b"\x67ab", b"\x68\0c", b"\x65d"]
