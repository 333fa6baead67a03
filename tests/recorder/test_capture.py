"""The header extension with the time of capture, byte by byte and through packets."""

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.rtp.capture import CaptureStamp, Mark, find_stamp
from custom_components.nvr_hotspare.recorder.rtp.h264 import Depacketizer
from custom_components.nvr_hotspare.recorder.rtp.packet import parse_rtp
from custom_components.nvr_hotspare.recorder.rtp.packetize import RtpSender
from custom_components.nvr_hotspare.recorder.rtsp.message import InterleavedPacket, MessageParser
from tests.recorder.footage import START, frames

ALL = Mark.CLEAN | Mark.END | Mark.DISCONTINUITY | Mark.TERMINAL


def test_the_extension_is_that_of_the_specification() -> None:
    # 2036-02-07T06:28:16Z, when the seconds of NTP begin at 0 again, and a half.
    encoded = CaptureStamp(2_085_978_496_500_000_000, Mark.CLEAN | Mark.DISCONTINUITY, 0x7B)
    assert encoded.encode() == bytes.fromhex("abac0003 00000000 80000000 a07b0000")
    assert [int(mark) for mark in Mark] == [0x80, 0x40, 0x20, 0x10]


@given(st.integers(0, 2**62), st.integers(0, 15), st.integers(0, 255), st.integers(0, 15))
def test_it_is_read_as_it_was_written(time: int, marks: int, play: int, sources: int) -> None:
    stamp = CaptureStamp(time % 4_200_000_000_000_000_000, Mark(marks << 4), play)
    head = bytes((0x90 | sources, *bytes(11))) + bytes(4 * sources)
    assert find_stamp(head + stamp.encode() + b"payload") == stamp


@given(st.binary(max_size=80))
def test_nothing_else_is_taken_for_it(data: bytes) -> None:
    stamp = find_stamp(data)
    assert stamp is None or b"\xab\xac" in data


def test_an_extension_of_jpeg_may_follow() -> None:
    stamp = CaptureStamp(START, ALL, 1)
    data = stamp.encode()
    longer = data[:3] + b"\4" + data[4:] + b"\xff\xd8\0\0"
    assert find_stamp(b"\x90" + bytes(11) + longer) == stamp


@pytest.mark.parametrize("cut", range(12, 28))
def test_a_packet_that_is_cut_off_has_none(cut: int) -> None:
    packet = b"\x90" + bytes(11) + CaptureStamp(START, ALL, 1).encode()
    assert find_stamp(packet[:cut]) is None


def test_only_the_first_packet_of_a_frame_has_it_and_nothing_of_the_frame_is_lost() -> None:
    sender, receiver = RtpSender((0, 1)), Depacketizer()
    units, stamps = [], []
    for frame in frames(26):
        extension = CaptureStamp(frame.time, Mark.CLEAN, 7).encode()
        found = []
        for packet in MessageParser().feed(sender.frame(frame, extension)):
            assert isinstance(packet, InterleavedPacket)
            found.append(find_stamp(packet.payload))
            parsed = parse_rtp(packet.payload)
            assert parsed is not None
            units += receiver.push(parsed)
        assert found[1:] == [None] * (len(found) - 1)
        stamps.append(found[0])
    assert stamps == [CaptureStamp(frame.time, Mark.CLEAN, 7) for frame in frames(26)]
    assert [unit.nal_units for unit in units] == [frame.nal_units for frame in frames(26)][
        : len(units)
    ]
    assert len(units) >= 25
