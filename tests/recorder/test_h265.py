"""Access units of H.265 from RTP packets, and what their parameter sets say."""

import re

import av
from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.model import Codec, VideoFrame
from custom_components.nvr_hotspare.recorder.rtp import h265_sps
from custom_components.nvr_hotspare.recorder.rtp.access_unit import MAX_ACCESS_UNIT, AccessUnit
from custom_components.nvr_hotspare.recorder.rtp.h265 import Depacketizer
from custom_components.nvr_hotspare.recorder.rtp.packet import RtpPacket, parse_rtp
from custom_components.nvr_hotspare.recorder.rtp.packetize import MAX_PAYLOAD, RtpSender
from custom_components.nvr_hotspare.recorder.rtp.parameters import find_track
from custom_components.nvr_hotspare.recorder.rtsp.message import InterleavedPacket, MessageParser
from tests.recorder.footage import that_knows_markers

IDR, CRA, SLICE, SEI = b"\x26\x01idr", b"\x2a\x01cra", b"\x02\x01slice", b"\x4e\x01sei"
_START_CODE = re.compile(rb"\x00\x00\x00?\x01")


def packet(sequence: int, timestamp: int, payload: bytes, *, marker: bool = False) -> RtpPacket:
    return RtpPacket(marker, 96, sequence, timestamp, payload)


nal_unit = st.builds(
    lambda head, size: head + b"\xab" * size,
    st.sampled_from([IDR, SLICE, SEI, b"\x40\x01", b"\x42\x01", b"\x44\x01"]),
    st.integers(1, 5000),
)
picture = st.lists(nal_unit, max_size=4).map(lambda units: [*units, SLICE])


@given(st.lists(picture, min_size=1, max_size=5))
def test_what_is_packetized_comes_out_again(pictures: list[list[bytes]]) -> None:
    sender, receiver = RtpSender((0, 1), Codec.H265), that_knows_markers(Depacketizer())
    found = list[AccessUnit]()
    for number, units in enumerate(pictures):
        frame = VideoFrame(nal_units=units, time=0, ticks=3600 * number, key=False)
        for message in MessageParser().feed(sender.frame(frame)):
            assert isinstance(message, InterleavedPacket)
            assert len(message.payload) <= MAX_PAYLOAD + 12
            parsed = parse_rtp(message.payload)
            assert parsed is not None
            found += receiver.push(parsed)
    assert [unit.nal_units for unit in found] == pictures


def test_an_aggregation_packet_holds_several_units() -> None:
    payload = b"\x60\x01" + b"".join(len(unit).to_bytes(2) + unit for unit in (SEI, SLICE))
    assert that_knows_markers(Depacketizer()).push(packet(0, 5, payload, marker=True)) == [
        AccessUnit(5, [SEI, SLICE], key=False)
    ]


@pytest.mark.parametrize(("unit", "key"), [(IDR, True), (CRA, True), (SLICE, False)])
def test_decoding_can_begin_with_idr_and_cra(unit: bytes, key: bool) -> None:  # noqa: FBT001
    (found,) = that_knows_markers(Depacketizer()).push(packet(0, 5, unit, marker=True))
    assert found.key is key


def test_a_lost_fragment_costs_its_picture_only() -> None:
    receiver = that_knows_markers(Depacketizer())
    pieces = [b"\x62\x01\x93start", b"\x62\x01\x13middle", b"\x62\x01\x53end"]
    for sequence in (0, 2):
        assert receiver.push(packet(sequence, 5, pieces[sequence], marker=sequence == 2)) == []
    found = list[AccessUnit]()
    for sequence, piece in enumerate(pieces, 3):
        found += receiver.push(packet(sequence, 6, piece, marker=sequence == 5))
    assert found == [AccessUnit(6, [b"\x26\x01startmiddleend"], key=True)]
    assert receiver.dropped == 1


@given(st.lists(st.tuples(st.integers(0, 3), st.binary(max_size=40), st.booleans())))
def test_no_payload_breaks_it(packets: list[tuple[int, bytes, bool]]) -> None:
    receiver = that_knows_markers(Depacketizer())
    for number, (timestamp, payload, marker) in enumerate(packets):
        for unit in receiver.push(packet(number, timestamp, payload, marker=marker)):
            assert all(unit.nal_units)


def test_an_endless_picture_is_bounded() -> None:
    receiver = that_knows_markers(Depacketizer())
    receiver.push(packet(0, 0, b"\x62\x01\x93start"))
    for sequence in range(1, 1000):
        receiver.push(packet(sequence, 0, b"\x62\x01\x13" + bytes(60_000)))
        held = sum(map(len, receiver._nal_units + receiver._fragments))
        assert held <= 2 * MAX_ACCESS_UNIT


@pytest.mark.parametrize("size", [(1920, 1080), (176, 144), (640, 364), (2560, 1440)])
@pytest.mark.parametrize(("pixels", "depth"), [("yuv420p", 0), ("yuv420p10le", 2)])
@pytest.mark.parametrize("reorders", [False, True])
def test_size_and_depth_of_what_an_encoder_made(
    size: tuple[int, int],
    pixels: str,
    depth: int,
    reorders: bool,  # noqa: FBT001
) -> None:
    encoder = av.CodecContext.create("libx265", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt, encoder.framerate = pixels, 25
    bframes = 3 if reorders else 0
    parameters = f"log-level=error:repeat-headers=1:bframes={bframes}"
    encoder.options = {"preset": "ultrafast", "x265-params": parameters}
    data = b"".join(
        map(bytes, [*encoder.encode(av.VideoFrame(*size, pixels)), *encoder.encode(None)])
    )
    units = [unit.rstrip(b"\0") for unit in _START_CODE.split(data) if unit]
    track = find_track(units, codec=Codec.H265)
    assert track is not None
    assert (track.width, track.height) == size
    said = h265_sps.parse(track.sps)
    assert (said.luma_depth, said.chroma_depth, said.chroma) == (depth, depth, 1)
    assert said.reorders is reorders
    assert find_track(units, track, Codec.H265) is track


@given(st.binary(max_size=60))
def test_no_parameter_set_breaks_the_parser(data: bytes) -> None:
    units = [b"\x40\x01", b"\x44\x01", b"\x42\x01" + data]
    track = find_track(units, codec=Codec.H265)
    assert track is None or (0 < track.width <= 16_384 and 0 < track.height <= 16_384)
