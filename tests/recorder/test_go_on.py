"""The short way for packets that go on with a NAL unit leads where the long way does."""

import struct

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.model import VideoFrame
from custom_components.nvr_hotspare.recorder.rtp import access_unit, h264, h265
from custom_components.nvr_hotspare.recorder.rtp.access_unit import AccessUnit, VideoDepacketizer
from custom_components.nvr_hotspare.recorder.rtp.packet import parse_rtp
from custom_components.nvr_hotspare.recorder.rtp.packetize import RtpSender
from custom_components.nvr_hotspare.recorder.rtsp.message import (
    INTERLEAVED_HEAD,
    InterleavedPacket,
    InterleavedRun,
    MessageParser,
)
from tests.recorder.footage import that_knows_markers

packets_lost = st.sets(st.integers(0, 60), max_size=3)
pictures = st.lists(st.lists(st.integers(10, 9000), min_size=1, max_size=3), min_size=1, max_size=6)


def _packets(pictures: list[list[int]], first: int) -> list[bytes]:
    """Return the packets of pictures whose slices have these sizes."""
    sender = RtpSender((0, 1))
    sender.sequence = first
    data = b"".join(
        sender.frame(
            VideoFrame(
                nal_units=[
                    (b"\x41\x2b" if slices else b"\x41\xab") + bytes((number,)) * size
                    for slices, size in enumerate(sizes)
                ],
                time=0,
                ticks=3600 * number,
                key=False,
            )
        )
        for number, sizes in enumerate(pictures)
    )
    packets = MessageParser().feed(data)
    return [packet.payload for packet in packets if isinstance(packet, InterleavedPacket)]


def _push(depacketizer: VideoDepacketizer, data: bytes) -> list[AccessUnit]:
    packet = parse_rtp(data)
    assert packet
    return depacketizer.push(packet)


def _push_runs(
    depacketizer: VideoDepacketizer, packets: list[bytes]
) -> tuple[list[AccessUnit], int]:
    """Return what packets complete that are received together, and how many went the long way."""
    found, pushed = list[AccessUnit](), 0
    received = b"".join(InterleavedPacket(0, packet).encode() for packet in packets)
    for run in MessageParser().feed_runs(received):
        assert isinstance(run, InterleavedRun)
        _, size, data, position, end = run
        while (position := depacketizer.go_on(data, position, end, size, found)) < end:
            start = position + INTERLEAVED_HEAD
            position = start + size
            found += _push(depacketizer, data[start:position])
            pushed += 1
    return found, pushed


@given(pictures=pictures, lost=packets_lost, first=st.sampled_from([0, 65530]))
def test_both_ways_find_the_same_pictures(
    pictures: list[list[int]], lost: set[int], first: int
) -> None:
    sent = _packets(pictures, first)
    received = [data for number, data in enumerate(sent) if number not in lost]
    short, long = (that_knows_markers(h264.Depacketizer()) for _ in range(2))

    found, _ = _push_runs(short, received)

    assert found == [unit for data in received for unit in _push(long, data)]
    assert short.dropped == long.dropped
    if not lost:
        assert len(found) == len(pictures)


@pytest.mark.parametrize("sizes", [[9000], [5000, 5000], [3000, 1000, 3000, 3000]])
def test_a_picture_that_is_too_large_is_dropped_and_the_next_one_is_not(
    sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_unit, "MAX_ACCESS_UNIT", 4000)
    depacketizer = that_knows_markers(h264.Depacketizer())

    found, _ = _push_runs(depacketizer, _packets([sizes, [500], [2000]], 0))

    assert [unit.timestamp for unit in found] == [found[-1].timestamp - 3600, found[-1].timestamp]
    assert depacketizer.dropped == 1


@pytest.mark.parametrize(
    ("depacketizer", "indicator", "kind"),
    [
        pytest.param(h264.Depacketizer(), b"\x5c", 1, id="H.264"),
        pytest.param(h265.Depacketizer(), b"\x62\x01", 1, id="H.265"),
    ],
)
def test_all_but_the_beginning_of_a_unit_takes_the_short_way(
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

    (unit,), pushed = _push_runs(depacketizer, packets)

    assert pushed == 1
    assert unit.nal_units[0].endswith(b"".join(bytes((n,)) * 1000 for n in range(10)))


def test_slices_after_the_first_one_take_the_short_way() -> None:
    depacketizer = that_knows_markers(h264.Depacketizer())

    (unit,), pushed = _push_runs(depacketizer, _packets([[5000, 5000, 5000]], 0))

    assert len(unit.nal_units) == 3
    assert pushed == 1
