"""What a frame says about itself."""

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.model import Codec
from virtual_nvr.stamp import Stamp, build, checksum, frame_at, read, slices_of, time_of

stamps = st.builds(
    Stamp,
    st.integers(0, 10**9 - 1),
    st.integers(0, 10**18 - 1),
    st.integers(0, 10**20 - 1),
    st.integers(0, 2**32 - 1),
)


@given(stamps)
def test_a_stamp_comes_back_and_needs_no_emulation_prevention(stamp: Stamp) -> None:
    unit = build(stamp)
    assert read([b"\x67params", unit, b"\x65slice"]) == stamp
    assert b"\0\0" not in unit
    assert unit[2] == len(unit) - 4


@given(stamps)
def test_a_stamp_comes_back_from_h265(stamp: Stamp) -> None:
    unit = build(stamp, Codec.H265)
    assert read([b"\x40\x01vps", unit, b"\x26\x01slice"]) == stamp
    assert unit[:2] == b"\x4e\x01"
    assert slices_of([unit, b"\x26\x01slice"], Codec.H265) == [b"\x26\x01slice"]


@pytest.mark.parametrize(
    "unit",
    [
        b"\x06",
        b"\x4e\x01",
        b"\x06\x05\x10" + bytes(16) + b"camera=1 frame=1 time=1 crc=00000000\x80",
        build(Stamp(1, 1, 1, 1)).replace(b"camera", b"kamera"),
        build(Stamp(1, 1, 1, 1)).replace(b"frame=1", b"frame=" + b"9" * 500),
        b"\x65" + build(Stamp(1, 1, 1, 1))[1:],
    ],
)
def test_what_is_no_stamp_is_none(unit: bytes) -> None:
    assert read([unit]) is None


@given(st.integers(0, 10**11))
def test_a_frame_is_the_first_at_its_time(number: int) -> None:
    time = time_of(number)
    assert frame_at(time) == number
    assert frame_at(time + 1) == number + 1


def test_the_checksum_is_of_the_picture_only() -> None:
    units = [b"\x67sps", b"\x68pps", b"\x06sei", b"\x65one", b"\x41two"]
    assert slices_of(units) == [b"\x65one", b"\x41two"]
    assert checksum([b"\x65one", b"\x41two"]) != checksum([b"\x41two", b"\x65one"])
