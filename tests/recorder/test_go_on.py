"""The short way for the middle of a NAL unit leads where the long way does."""

import struct

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.model import VideoFrame
from custom_components.nvr_hotspare.recorder.rtp import h264, h265
from custom_components.nvr_hotspare.recorder.rtp.access_unit import AccessUnit, VideoDepacketizer
from custom_components.nvr_hotspare.recorder.rtp.packet import parse_rtp
from custom_components.nvr_hotspare.recorder.rtp.packetize import RtpSender
from custom_components.nvr_hotspare.recorder.rtsp.message import InterleavedPacket, MessageParser
from tests.recorder.footage import that_knows_markers

packets_lost = st.sets(st.integers(0, 60), max_size=3)
sizes = st.lists(st.integers(10, 9000), min_size=1, max_size=8)


def _packets(sizes: list[int], first: int) -> list[bytes]:
    sender = RtpSender((0, 1))
    sender.sequence = first
    data = b"".join(
        sender.frame(
            VideoFrame(
                nal_units=[b"\x41\xab" + bytes((number,)) * size],
                time=0,
                ticks=3600 * number,
                key=False,
            )
        )
        for number, size in enumerate(sizes)
    )
    packets = MessageParser().feed(data)
    return [packet.payload for packet in packets if isinstance(packet, InterleavedPacket)]


def _push(depacketizer: VideoDepacketizer, data: bytes) -> list[AccessUnit]:
    packet = parse_rtp(data)
    assert packet
    return depacketizer.push(packet)


@given(sizes=sizes, lost=packets_lost, first=st.sampled_from([0, 65530]))
def test_both_ways_find_the_same_pictures(sizes: list[int], lost: set[int], first: int) -> None:
    sent = _packets(sizes, first)
    received = [data for number, data in enumerate(sent) if number not in lost]
    short, long = (that_knows_markers(h264.Depacketizer()) for _ in range(2))
    by_short: list[AccessUnit] = []
    for data in received:
        if not short.go_on(data):
            by_short += _push(short, data)

    assert by_short == [unit for data in received for unit in _push(long, data)]
    assert short.dropped == long.dropped
    if not lost:
        assert len(by_short) == len(sizes)


@pytest.mark.parametrize(
    ("depacketizer", "indicator", "kind"),
    [
        pytest.param(h264.Depacketizer(), b"\x5c", 1, id="H.264"),
        pytest.param(h265.Depacketizer(), b"\x62\x01", 1, id="H.265"),
    ],
)
def test_all_but_the_ends_of_a_unit_take_the_short_way(
    depacketizer: VideoDepacketizer, indicator: bytes, kind: int
) -> None:
    flags = [0x80, *(0 for _ in range(8)), 0x40]
    packets = [
        struct.pack(">BBHII", 0x80, 0xE0 if flag == 0x40 else 0x60, number, 9, 7)
        + indicator
        + bytes((flag | kind,))
        + bytes((number,)) * 1000
        for number, flag in enumerate(flags)
    ]
    that_knows_markers(depacketizer)
    found: list[AccessUnit] = []
    taken = 0
    for data in packets:
        if depacketizer.go_on(data):
            taken += 1
        else:
            found += _push(depacketizer, data)

    assert taken == 8
    (unit,) = found
    assert unit.nal_units[0].endswith(b"".join(bytes((n,)) * 1000 for n in range(10)))
