"""RTP and RTCP packets as bytes, and what a hostile sender makes of them."""

import struct

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.rtp.packet import (
    RtpPacket,
    SenderReport,
    parse_rtp,
    parse_sender_report,
)

HEAD = struct.pack(">HII", 7, 1000, 1)


@pytest.mark.parametrize(
    ("data", "payload"),
    [
        pytest.param(b"\x80\xe0" + HEAD + b"abc", b"abc", id="plain"),
        pytest.param(b"\x80\xe0" + HEAD, b"", id="empty"),
        pytest.param(b"\xa0\xe0" + HEAD + b"abc\x00\x02", b"abc", id="padded"),
        pytest.param(b"\x82\xe0" + HEAD + b"12345678abc", b"abc", id="two sources"),
        pytest.param(
            b"\x90\xe0" + HEAD + b"\xab\xac\x00\x01extnabc", b"abc", id="header extension"
        ),
    ],
)
def test_payload_is_found_behind_every_header(data: bytes, payload: bytes) -> None:
    assert parse_rtp(data) == RtpPacket(
        marker=True, payload_type=96, sequence=7, timestamp=1000, payload=payload, source=1
    )


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x80\xe0" + HEAD[:-1], id="cut off"),
        pytest.param(b"\x40\xe0" + HEAD, id="version"),
        pytest.param(b"\x8f\xe0" + HEAD + b"1234", id="sources beyond the end"),
        pytest.param(b"\x90\xe0" + HEAD + b"\xab\xac\xff\xffextn", id="extension beyond the end"),
        pytest.param(b"\xa0\xe0" + HEAD + b"abc\xff", id="padding beyond the start"),
    ],
)
def test_bytes_that_are_no_packet(data: bytes) -> None:
    assert parse_rtp(data) is None


def test_a_sender_report_is_found_in_a_compound_packet() -> None:
    receiver_report = struct.pack(">BBHI", 0x80, 201, 1, 9)
    sender_report = struct.pack(">BBHIQIII", 0x80, 200, 6, 1, 2**63 + 5, 1000, 0, 0)

    assert parse_sender_report(receiver_report + sender_report) == SenderReport(2**63 + 5, 1000)
    assert parse_sender_report(receiver_report) is None
    assert parse_sender_report(sender_report[:16]) is None


@given(st.binary(max_size=64))
def test_no_bytes_break_the_parsers(data: bytes) -> None:
    parse_rtp(data)
    parse_sender_report(data)
