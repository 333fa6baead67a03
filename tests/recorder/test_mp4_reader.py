"""What was written comes back; what comes from elsewhere does no harm."""

from contextlib import suppress
from io import BytesIO

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.errors import (
    DamagedFootageError,
    EmptyFootageError,
    FootageError,
)
from custom_components.nvr_hotspare.recorder.mp4.boxes import box
from custom_components.nvr_hotspare.recorder.mp4.reader import MAX_BOX, Mp4Reader
from custom_components.nvr_hotspare.recorder.mp4.writer import FragmentWriter
from custom_components.nvr_hotspare.recorder.ntp import from_ntp, to_ntp
from tests.recorder.footage import START, TICKS, frames, recording, track, tracks


def read_all(data: bytes) -> list[list[bytes]]:
    reader = Mp4Reader(BytesIO(data))
    return [
        reader.nal_units(sample) for fragment in reader.fragments() for sample in fragment.samples
    ]


def header() -> bytes:
    return FragmentWriter(tracks()).header()


def test_track_and_frames_come_back() -> None:
    reader = Mp4Reader(BytesIO(recording(2)))
    assert reader.tracks == tracks()
    samples = [sample for fragment in reader.fragments() for sample in fragment.samples]
    parameters = {track().sps, track().pps}
    for sample, frame in zip(samples, frames(50), strict=True):
        assert reader.nal_units(sample) == [u for u in frame.nal_units if u not in parameters]
        assert (sample.key, sample.ticks, sample.duration) == (
            frame.key,
            frame.ticks - 7_000_000_000,
            TICKS,
        )


def test_capture_times_come_back_to_the_nanosecond() -> None:
    reader = Mp4Reader(BytesIO(recording(2)))
    times = [sample.time for fragment in reader.fragments() for sample in fragment.samples]
    assert times == [START + number * 40_000_000 for number in range(50)]


def test_a_clock_that_was_corrected_shows_from_the_next_fragment_on() -> None:
    writer = FragmentWriter(tracks())
    data = writer.header() + writer.fragment(frames(5), None)
    data += writer.fragment(frames(5, 5, START - 3_000_000), None)
    times = [s.time for f in Mp4Reader(BytesIO(data)).fragments() for s in f.samples]
    assert times[5] - times[4] == 37_000_000


@given(st.integers(0, 4_200_000_000_000_000_000))
def test_ntp_keeps_the_nanosecond_beyond_2036(time: int) -> None:
    assert from_ntp(to_ntp(time)) == time


def test_a_growing_file_can_be_followed() -> None:
    whole = recording(3)
    file = BytesIO()
    file.write(whole[:-10])
    reader = Mp4Reader(file)
    assert len(list(reader.fragments())) == 2
    assert list(reader.fragments()) == []
    file.seek(0)
    file.write(whole)
    assert [len(fragment.samples) for fragment in reader.fragments()] == [25]
    assert reader.end == len(whole)


def test_every_cut_leaves_the_whole_fragments_before_it() -> None:
    writer = FragmentWriter(tracks())
    pieces = [writer.header(), writer.fragment(frames(1), None), writer.fragment(frames(2, 1), 0)]
    data = b"".join(pieces)
    head, second = len(pieces[0]), len(pieces[0]) + len(pieces[1])
    for end in range(len(data)):
        if end < head:
            with pytest.raises(EmptyFootageError):
                Mp4Reader(BytesIO(data[:end]))
        else:
            found = list(Mp4Reader(BytesIO(data[:end])).fragments())
            assert [fragment.end for fragment in found] == [second][: end >= second]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(bytes(4096), id="zeros"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(64), id="a picture"),
        pytest.param(box(b"ftyp") + box(b"moov"), id="no track"),
        pytest.param(box(b"ftyp") + box(b"moov", box(b"trak", b"\0\0\0\xffmdia")), id="lying box"),
        pytest.param(box(b"ftyp", bytes(MAX_BOX)) + box(b"moov"), id="huge header"),
        pytest.param(header().replace(b"\0\x01_\x90", b"\0\0\x03\xe8", 1), id="other time scale"),
        pytest.param(header().replace(b"avc1\0", b"mp4v\0", 1), id="other codec"),
    ],
)
def test_a_file_that_is_not_ours_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedFootageError):
        Mp4Reader(BytesIO(data))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b"moof", b"mooX", id="other box"),
        pytest.param(b"trun\0\0\x07\x01", b"trun\0\0\x07\x05", id="other table"),
        pytest.param(b"trun\0\0\x07\x01\0\0\0\x19", b"trun\0\0\x07\x01\xff\0\0\x19", id="too many"),
        pytest.param(b"tfdt\x01", b"tfdX\x01", id="no time"),
        pytest.param(b"\0\0\x0e\x10\0\0", b"\0\0\x0e\x10\xff\0", id="frame beyond the fragment"),
    ],
)
def test_a_damaged_fragment_is_refused(old: bytes, new: bytes) -> None:
    data = recording(1)
    assert old in data[len(header()) :]
    damaged = data[: len(header())] + data[len(header()) :].replace(old, new, 1)
    with pytest.raises(DamagedFootageError):
        read_all(damaged)


@pytest.mark.parametrize("size", [b"\0\0\0\0", b"\xff\xff\xff\xff"])
def test_a_nal_unit_that_lies_about_its_length_is_refused(size: bytes) -> None:
    writer = FragmentWriter(tracks())
    data = bytearray(writer.header() + writer.fragment(frames(1, 1), None))
    start = data.rindex(b"mdat") + 4
    data[start : start + 4] = size
    with pytest.raises(DamagedFootageError):
        read_all(bytes(data))


@settings(max_examples=300)
@given(st.data())
def test_no_damage_raises_anything_but_a_footage_error(data: st.DataObject) -> None:
    damaged = bytearray(recording(1))
    for _ in range(data.draw(st.integers(1, 4))):
        # The header boxes are where a reader can be led astray.
        position = data.draw(st.integers(0, 1400))
        damaged[position] = data.draw(st.integers(0, 255))
    with suppress(FootageError):
        read_all(bytes(damaged))
