"""The packets that leave are those the depacketiser, ffmpeg and the RFCs know."""

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.model import VideoFrame
from custom_components.nvr_hotspare.recorder.ntp import to_ntp
from custom_components.nvr_hotspare.recorder.rtp.h264 import Depacketizer
from custom_components.nvr_hotspare.recorder.rtp.packet import parse_rtp, parse_sender_report
from custom_components.nvr_hotspare.recorder.rtp.packetize import MAX_PAYLOAD, RtpSender
from custom_components.nvr_hotspare.recorder.rtsp.message import InterleavedPacket, MessageParser
from tests.recorder.footage import START, frames, that_knows_markers


def sent(data: bytes) -> list[InterleavedPacket]:
    packets = MessageParser().feed(data)
    assert all(isinstance(packet, InterleavedPacket) for packet in packets)
    return [packet for packet in packets if isinstance(packet, InterleavedPacket)]


def test_real_frames_survive_the_way_through_rtp() -> None:
    sender, receiver = RtpSender((2, 3)), that_knows_markers(Depacketizer())
    received = []
    for frame in frames(50):
        packets = sent(sender.frame(frame))
        assert {packet.channel for packet in packets} == {2}
        for packet in packets:
            parsed = parse_rtp(packet.payload)
            assert parsed is not None
            received += receiver.push(parsed)
    assert [unit.nal_units for unit in received] == [frame.nal_units for frame in frames(50)]
    assert [unit.key for unit in received] == [frame.key for frame in frames(50)]
    first, last = received[0].timestamp, received[-1].timestamp
    assert (last - first) % 2**32 == 49 * 3600


@pytest.mark.parametrize("offset", [-1, 0, 1, 2, MAX_PAYLOAD - 3, MAX_PAYLOAD - 2, MAX_PAYLOAD - 1])
def test_a_unit_around_the_limits_of_packets_stays_whole(offset: int) -> None:
    unit = b"\x65" + bytes(range(256)) * 20
    unit = unit[: MAX_PAYLOAD + offset]
    packets = sent(RtpSender((0, 1)).frame(VideoFrame(nal_units=[unit], time=0, ticks=0, key=True)))
    assert max(len(packet.payload) for packet in packets) <= MAX_PAYLOAD + 12
    parsed = [parse_rtp(packet.payload) for packet in packets]
    assert [packet.marker for packet in parsed if packet] == [False] * (len(packets) - 1) + [True]
    receiver = that_knows_markers(Depacketizer())
    units = [unit for packet in parsed if packet for unit in receiver.push(packet)]
    assert units[0].nal_units == [unit]


@given(st.integers(0, 2**40))
def test_timestamps_and_sequence_numbers_wrap(ticks: int) -> None:
    sender = RtpSender((0, 1))
    sender.sequence = 0xFFFF
    frame = frames(1)[0]
    frame.ticks = ticks
    numbers = [
        parsed.sequence
        for packet in sent(sender.frame(frame))
        if (parsed := parse_rtp(packet.payload))
    ]
    assert numbers == [0xFFFF, *range(len(numbers) - 1)]


def test_a_report_ties_the_capture_time_to_the_timestamp() -> None:
    sender = RtpSender((0, 1))
    (frame,) = frames(1)
    (report,) = sent(sender.report(frame))
    (first, *_) = sent(sender.frame(frame))
    packet = parse_rtp(first.payload)
    parsed = parse_sender_report(report.payload)
    assert report.channel == 1
    assert packet is not None
    assert parsed is not None
    assert (parsed.ntp, parsed.timestamp) == (to_ntp(START), packet.timestamp)


def test_a_report_counts_what_was_sent_and_names_its_source() -> None:
    sender = RtpSender((0, 1))
    packets = [packet for frame in frames(3) for packet in sent(sender.frame(frame))]
    report = sent(sender.report(frames(4)[3]))[0].payload
    octets = sum(len(packet.payload) - 12 for packet in packets)
    assert report[:4] == b"\x80\xc8\0\x06"
    assert report[4:8] == sender.source.to_bytes(4)
    assert report[20:28] == len(packets).to_bytes(4) + octets.to_bytes(4)
    description = report[28:]
    assert description[:2] == b"\x81\xca"
    assert len(description) == 4 * (int.from_bytes(description[2:4]) + 1)
    assert description[8:10] == bytes((1, len(f"{sender.source:08x}@camera")))
    assert description.endswith(b"\0")
