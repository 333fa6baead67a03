"""Where a picture ends: cameras that mark every slice, no slice, or share timestamps."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from custom_components.nvr_hotspare.recorder.model import Codec, VideoFrame
from custom_components.nvr_hotspare.recorder.rtp import h264, h265
from custom_components.nvr_hotspare.recorder.rtp.access_unit import AccessUnit, VideoDepacketizer
from custom_components.nvr_hotspare.recorder.rtp.h264_sps import may_have_fields
from custom_components.nvr_hotspare.recorder.rtp.packet import RtpPacket
from tests.recorder.encoded import encode, looks, looks_of_file
from tests.recorder.footage import that_knows_markers
from tests.recorder.wire import Wire, record, recorded

SLICED = {
    Codec.H264: "keyint=10:slices=4:bframes=0:scenecut=0",
    Codec.H265: "keyint=10:slices=3:bframes=0:scenecut=0",
}
KEY, KEY_2, SLICE, SLICE_2 = b"\x65\x88key", b"\x65\x08key", b"\x41\x9aslice", b"\x41\x1aslice"
"""The first slice of a picture, and one that is not."""

type Packet = tuple[int, bytes, bool]
"""Timestamp, payload and marker."""


@pytest.mark.parametrize("codec", SLICED)
@pytest.mark.parametrize("send", [Wire.marked_after_each_unit, Wire.without_markers])
async def test_a_picture_is_one_frame_however_its_slices_are_marked(
    tmp_path: Path, codec: Codec, send: Callable[[Wire, Iterable[VideoFrame]], bytes]
) -> None:
    sent = encode(31, SLICED[codec], codec)
    assert max(len(frame.nal_units) for frame in sent) > 4
    wire = Wire(codec)
    # Nobody can know that the last picture has no further slice.
    paths = await record(wire.report(sent[0]) + send(wire, sent), tmp_path, sent[:30], codec)

    found = recorded(paths)
    assert [time // 40_000_000 for time, _, _ in found] == list(range(30))
    for (_, key, units), frame in zip(found, sent, strict=False):
        assert key == frame.key
        assert units == frame.nal_units[-len(units) :]
    shown = looks_of_file(str(paths[0]))
    assert list(shown.values()) == list(looks(sent[:30], codec).values())


def _packet(sequence: int, timestamp: int, payload: bytes, *, marker: bool = True) -> RtpPacket:
    return RtpPacket(marker, 96, sequence, timestamp, payload)


def _units(*packets: Packet, to: VideoDepacketizer | None = None) -> list[AccessUnit]:
    depacketizer = to or h264.Depacketizer()
    found = list[AccessUnit]()
    for sequence, (timestamp, payload, marker) in enumerate(packets):
        found += depacketizer.push(_packet(sequence, timestamp, payload, marker=marker))
    return found


def test_pictures_that_share_a_timestamp_are_frames_of_their_own() -> None:
    packets = [(9, KEY, False), (9, KEY_2, False), (9, b"\x06sei", False), (9, SLICE, False)]

    assert _units(*packets, (18, SLICE, False)) == [
        AccessUnit(9, [KEY, KEY_2], key=True),
        AccessUnit(9, [b"\x06sei", SLICE], key=False),
    ]


@pytest.mark.parametrize("knows", [True, False])
def test_pictures_that_share_a_timestamp_and_are_marked_are_frames_of_their_own(
    *, knows: bool
) -> None:
    depacketizer = h264.Depacketizer()
    if knows:
        that_knows_markers(depacketizer)
    packets = [(9, KEY, True), (9, SLICE, True), (9, SLICE, True), (18, SLICE, True)]

    found = _units(*packets, (27, SLICE, True), to=depacketizer)
    assert [unit.timestamp for unit in found] == [9, 9, 9, 18, 27]
    assert all(len(unit.nal_units) == 1 for unit in found)


def test_pictures_of_h265_that_share_a_timestamp_are_frames_of_their_own() -> None:
    key, slice_ = b"\x26\x01\x80key", b"\x02\x01\x80slice"
    packets = [(9, key, False), (9, b"\x26\x01\x00more", False), (9, slice_, False)]

    found = _units(*packets, (18, slice_, False), to=h265.Depacketizer())
    assert [len(unit.nal_units) for unit in found] == [2, 1]


def test_a_key_frame_shows_that_markers_end_pictures() -> None:
    depacketizer = h264.Depacketizer()
    counts = [
        len(depacketizer.push(_packet(number, 9 * number, payload)))
        for number, payload in enumerate([SLICE, SLICE, KEY, SLICE, SLICE])
    ]

    assert counts == [0, 1, 1, 2, 1]


def test_a_marker_that_turns_out_to_lie_costs_one_picture() -> None:
    packets = [(9, KEY, True), (18, SLICE, True), (27, KEY, True), (27, KEY_2, True)]
    depacketizer = h264.Depacketizer()
    found = _units(
        *packets, (36, SLICE, True), (36, SLICE_2, True), (45, SLICE, True), to=depacketizer
    )

    assert [unit.timestamp for unit in found] == [9, 18, 27, 36]
    assert found[-1].nal_units == [SLICE, SLICE_2]
    assert depacketizer.dropped == 1


def test_a_picture_before_a_gap_is_kept_if_it_was_marked() -> None:
    depacketizer = h264.Depacketizer()
    depacketizer.push(_packet(1, 9, KEY))

    assert len(depacketizer.push(_packet(3, 18, SLICE))) == 1


def test_two_fields_are_one_frame() -> None:
    depacketizer = h264.Depacketizer()
    depacketizer.fields = True
    packets = [(9, KEY, True), (9, SLICE, True), (18, SLICE, True), (18, SLICE, True)]

    found = _units(*packets, (27, SLICE, True), to=depacketizer)
    assert [len(unit.nal_units) for unit in found] == [2, 2]


@pytest.mark.parametrize(("interlaced", "fields"), [(0, False), (1, True)])
def test_the_parameters_say_whether_there_may_be_fields(interlaced: int, *, fields: bool) -> None:
    (key,) = encode(1, f"interlaced={interlaced}")
    (sps,) = (unit for unit in key.nal_units if h264.nal_type(unit) == h264.SPS)

    assert may_have_fields(sps) is fields
