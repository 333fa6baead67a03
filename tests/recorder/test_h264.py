"""Access units from RTP packets, and what their parameter sets say."""

from itertools import pairwise

import av
from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.model import VideoFrame
from custom_components.nvr_hotspare.recorder.rtp.access_unit import MAX_ACCESS_UNIT, AccessUnit
from custom_components.nvr_hotspare.recorder.rtp.h264 import Depacketizer
from custom_components.nvr_hotspare.recorder.rtp.h264_sps import parse_size
from custom_components.nvr_hotspare.recorder.rtp.packet import RtpPacket, parse_rtp
from custom_components.nvr_hotspare.recorder.rtp.packetize import RtpSender
from custom_components.nvr_hotspare.recorder.rtp.parameters import find_track
from custom_components.nvr_hotspare.recorder.rtsp.message import InterleavedPacket, MessageParser
from tests.recorder.footage import that_knows_markers
from tests.recorder.scripted_camera import PPS, SPS

KEY, SLICE, SEI = b"\x65key", b"\x41slice", b"\x06sei"


def _units(*packets: tuple[int, int, bytes, bool]) -> list[AccessUnit]:
    """Push packets of (sequence, timestamp, payload, marker)."""
    depacketizer = that_knows_markers(Depacketizer())
    return [
        unit
        for sequence, timestamp, payload, marker in packets
        for unit in depacketizer.push(_packet(sequence, timestamp, payload, marker=marker))
    ]


def _packet(sequence: int, timestamp: int, payload: bytes, *, marker: bool = False) -> RtpPacket:
    return RtpPacket(marker, 96, sequence, timestamp, payload)


nal_unit = st.builds(
    lambda head, size: bytes((head,)) + b"\x5b" * size,
    st.sampled_from([0x65, 0x41, 0x06, 0x67, 0x68]),
    st.integers(0, 5000),
)
picture = st.lists(nal_unit, max_size=4).map(lambda units: [*units, b"\x41\x5blast"])


@given(st.lists(picture, min_size=1, max_size=5))
def test_what_is_packetized_comes_out_again(pictures: list[list[bytes]]) -> None:
    sender, depacketizer = RtpSender((0, 1)), that_knows_markers(Depacketizer())
    found: list[AccessUnit] = []
    for number, nal_units in enumerate(pictures):
        frame = VideoFrame(nal_units=nal_units, time=0, ticks=3600 * number, key=False)
        for message in MessageParser().feed(sender.frame(frame)):
            assert isinstance(message, InterleavedPacket)
            packet = parse_rtp(message.payload)
            assert packet
            found += depacketizer.push(packet)

    assert [unit.nal_units for unit in found] == pictures
    assert all((b.timestamp - a.timestamp) % 2**32 == 3600 for a, b in pairwise(found))
    assert [unit.key for unit in found] == [
        any(nal[0] & 0x1F == 5 for nal in nals) for nals in pictures
    ]


def test_an_aggregation_packet_holds_several_units() -> None:
    payload = b"\x78" + b"".join(len(unit).to_bytes(2) + unit for unit in (SPS, b"", PPS, SEI, KEY))

    (unit,) = _units((1, 0, payload, True))

    assert unit == AccessUnit(0, [SPS, PPS, SEI, KEY], key=True)


def test_a_changed_timestamp_ends_an_access_unit_without_marker() -> None:
    units = _units((1, 0, KEY, False), (2, 0, SLICE, False), (3, 9, SLICE, False))

    assert units == [AccessUnit(0, [KEY, SLICE], key=True)]


def test_parameter_sets_with_a_marker_of_their_own_go_with_the_picture() -> None:
    units = _units((1, 0, SPS, True), (2, 0, PPS, True), (3, 9, KEY, True))

    assert units == [AccessUnit(9, [SPS, PPS, KEY], key=True)]


def test_sequence_numbers_wrap_around() -> None:
    assert len(_units((65535, 0, SLICE, True), (0, 9, SLICE, True))) == 2


def test_pictures_on_both_sides_of_a_gap_are_dropped_and_no_other() -> None:
    units = _units(
        (1, 0, KEY, True),
        (2, 1, SLICE, False),
        # 3 is lost
        (4, 2, SLICE, True),
        (5, 3, SLICE, True),
    )

    assert [unit.timestamp for unit in units] == [0, 3]


def test_a_complete_picture_before_a_gap_is_kept() -> None:
    units = _units((1, 0, KEY, True), (3, 1, SLICE, True), (4, 2, SLICE, True))

    assert [unit.timestamp for unit in units] == [0, 2]


@pytest.mark.parametrize(
    "payloads",
    [
        pytest.param([b"\x7c\x05middle"], id="begins in mid-unit"),
        pytest.param([b"\x7c\x85start", b"\x7c\x85start"], id="begins twice"),
        pytest.param([b"\x7c\x85start", SLICE], id="never ends"),
        pytest.param([b"\x7c\x85start"], id="cut off by the marker"),
        pytest.param([KEY, b"\x78\xff\xff" + KEY], id="aggregate beyond the end"),
    ],
)
def test_a_damaged_picture_is_dropped_and_the_next_is_not(payloads: list[bytes]) -> None:
    packets = [
        (number, 0, payload, number == len(payloads)) for number, payload in enumerate(payloads, 1)
    ]

    units = _units(*packets, (len(payloads) + 1, 9, SLICE, True))

    assert units == [AccessUnit(9, [SLICE], key=False)]


@pytest.mark.parametrize("payload", [b"\x5c\x00" + bytes(60_000), b"\x41" + bytes(60_000)])
def test_an_endless_picture_is_bounded(payload: bytes) -> None:
    depacketizer = that_knows_markers(Depacketizer())
    depacketizer.push(_packet(0, 0, b"\x5c\x85" if payload[0] == 0x5C else KEY))
    held = 0
    for sequence in range(1, 1000):
        depacketizer.push(_packet(sequence & 0xFFFF, 0, payload))
        parts = depacketizer._nal_units + depacketizer._fragments
        held = max(held, sum(map(len, parts)))

    assert held <= 2 * MAX_ACCESS_UNIT
    (unit,) = depacketizer.push(_packet(1000, 9, SLICE, marker=True))
    assert unit.nal_units == [SLICE]


@given(st.lists(st.tuples(st.integers(0, 3), st.binary(max_size=40), st.booleans())))
def test_no_payload_breaks_it(packets: list[tuple[int, bytes, bool]]) -> None:
    for unit in _units(*((n, time, data, end) for n, (time, data, end) in enumerate(packets))):
        assert all(unit.nal_units)


@pytest.mark.parametrize("size", [(1920, 1080), (176, 144), (640, 364), (2560, 1440)])
@pytest.mark.parametrize(
    ("pixels", "options"),
    [
        ("yuv420p", {"profile": "baseline"}),
        ("yuv420p", {"profile": "high", "x264-params": "interlaced=1:cqm=jvt"}),
        ("yuv444p", {"profile": "high444"}),
    ],
)
def test_size_of_what_an_encoder_made(
    size: tuple[int, int], pixels: str, options: dict[str, str]
) -> None:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt, encoder.framerate = pixels, 25
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", **options}
    packets = [*encoder.encode(av.VideoFrame(*size, pixels)), *encoder.encode(None)]
    stream = b"".join(map(bytes, packets)).replace(b"\0\0\0\1", b"\0\0\1")
    sps = next(unit for unit in stream.split(b"\0\0\1") if unit and unit[0] & 0x1F == 7)

    assert parse_size(sps) == size


@given(st.binary(max_size=60))
def test_no_parameter_set_breaks_the_parser(data: bytes) -> None:
    try:
        width, height = parse_size(b"\x67" + data)
    except ValueError:
        return
    assert 0 < width <= 16384
    assert 0 < height <= 32768


def test_a_track_needs_both_parameter_sets() -> None:
    assert find_track([SPS]) is None
    assert find_track([PPS, KEY]) is None
    track = find_track([SEI, SPS, PPS, KEY])
    assert track
    assert (track.width, track.height, track.sps, track.pps) == (1280, 720, SPS, PPS)


def test_a_track_changes_only_with_its_parameter_sets() -> None:
    known = find_track([SPS, PPS])

    assert find_track([KEY], known) is known
    assert find_track([SPS, PPS, KEY], known) is known
    assert find_track([b"\x67\xff", PPS], known) is known
    changed = find_track([b"\x68\xee", KEY], known)
    assert changed
    assert (changed.sps, changed.pps) == (SPS, b"\x68\xee")
