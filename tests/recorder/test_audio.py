"""Audio from RTP packets."""

from contextlib import suppress

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.model import AudioFrame, AudioTrack, Codec
from custom_components.nvr_hotspare.recorder.rtp.aac import (
    AacConfig,
    AacDepacketizer,
    AacFormat,
    parse_config,
)
from custom_components.nvr_hotspare.recorder.rtp.audio import AudioUnit, SampleDepacketizer
from custom_components.nvr_hotspare.recorder.rtp.packet import RtpPacket, parse_rtp
from custom_components.nvr_hotspare.recorder.rtp.packetize import RtpSender
from custom_components.nvr_hotspare.recorder.rtsp.message import InterleavedPacket, MessageParser

HBR = AacFormat(13, 3, 3, 1024)


def packet(sequence: int, timestamp: int, payload: bytes) -> RtpPacket:
    return RtpPacket(True, 97, sequence, timestamp, payload)  # noqa: FBT003 (the marker)


def headers(*sizes: int) -> bytes:
    return (16 * len(sizes)).to_bytes(2) + b"".join((size << 3).to_bytes(2) for size in sizes)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("1408", AacConfig(16_000, 1, 1024)),
        ("1190", AacConfig(48_000, 2, 1024)),
        ("1194", AacConfig(48_000, 2, 960)),
        ("2b8a0800", AacConfig(22_050, 1, 1024)),  # SBR: decoded at 44,100
        ("178003e808", AacConfig(2000, 1, 1024)),  # its rate in full
    ],
)
def test_a_configuration_is_understood(config: str, said: AacConfig) -> None:
    assert parse_config(bytes.fromhex(config)) == said


def test_a_packet_holds_several_access_units() -> None:
    payload = headers(3, 4) + b"onetwo!"
    assert AacDepacketizer(HBR).push(packet(0, 2**32 - 24, payload)) == [
        AudioUnit(2**32 - 24, b"one", 1024),
        AudioUnit(1000, b"two!", 1024),
    ]


def test_an_access_unit_in_several_packets_is_joined() -> None:
    receiver = AacDepacketizer(HBR)
    assert receiver.push(packet(0, 7, headers(10) + b"12345")) == []
    assert receiver.push(packet(1, 7, headers(10) + b"67890")) == [
        AudioUnit(7, b"1234567890", 1024)
    ]


def test_an_access_unit_with_a_lost_piece_is_dropped_and_the_next_is_not() -> None:
    receiver = AacDepacketizer(HBR)
    receiver.push(packet(0, 7, headers(10) + b"1234"))
    assert receiver.push(packet(2, 7, headers(10) + b"890")) == []
    assert receiver.push(packet(3, 8, headers(4) + b"next")) == [AudioUnit(8, b"next", 1024)]


@given(
    st.integers(1, 16),
    st.integers(0, 16),
    st.lists(st.tuples(st.integers(0, 3), st.binary(max_size=40)), max_size=20),
)
def test_no_packet_breaks_it(size: int, index: int, packets: list[tuple[int, bytes]]) -> None:
    receiver = AacDepacketizer(AacFormat(size, index, index, 1024))
    for sequence, (timestamp, payload) in enumerate(packets):
        for unit in receiver.push(packet(sequence, timestamp, payload)):
            assert unit.data
    assert sum(map(len, receiver._fragments)) <= 2**16


@given(st.binary(max_size=20))
def test_no_configuration_breaks_the_parser(config: bytes) -> None:
    with suppress(ValueError):
        said = parse_config(config)
        assert said.rate > 0


def test_samples_are_taken_as_they_are_but_for_half_ones() -> None:
    stereo = AudioTrack(codec=Codec.L16, rate=16_000, channels=2)
    receiver = SampleDepacketizer(stereo)
    assert receiver.push(packet(0, 5, b"12345678901")) == [AudioUnit(5, b"12345678", 2)]
    assert receiver.push(packet(1, 7, b"123")) == []
    law = SampleDepacketizer(AudioTrack(codec=Codec.PCMU, rate=8000, channels=1))
    assert law.push(packet(0, 5, bytes(160))) == [AudioUnit(5, bytes(160), 160)]


@given(st.binary(min_size=1, max_size=8191))
def test_what_is_packetized_comes_out_again(data: bytes) -> None:
    frame = AudioFrame(data=data, time=0, ticks=4096, duration=1024)
    (message,) = MessageParser().feed(RtpSender((2, 3), Codec.AAC).frame(frame))
    assert isinstance(message, InterleavedPacket)
    parsed = parse_rtp(message.payload)
    assert parsed is not None
    (unit,) = AacDepacketizer(HBR).push(parsed)
    assert (message.channel, parsed.payload_type, unit.data) == (2, 97, data)
