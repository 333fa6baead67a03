"""Files that players and ffmpeg understand, whole or cut off."""

from dataclasses import replace
from io import BytesIO
import json
from pathlib import Path

import pytest

from custom_components.nvr_hotspare.recorder.model import Tracks
from custom_components.nvr_hotspare.recorder.mp4.boxes import box, boxes, find
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from custom_components.nvr_hotspare.recorder.mp4.writer import FragmentWriter
from custom_components.nvr_hotspare.recorder.ntp import to_ntp
from tests.recorder.footage import START, TICKS, decode, frames, recording, run, track, tracks


def top_level(data: bytes) -> list[str]:
    return [kind.decode() for kind, _ in boxes(memoryview(data))]


async def test_ffmpeg_decodes_every_frame_without_complaint(tmp_path: Path) -> None:
    path = tmp_path / "whole.mp4"
    path.write_bytes(recording(3))
    assert await decode(path) == (75, "")


async def test_a_player_learns_size_rate_and_length(tmp_path: Path) -> None:
    path = tmp_path / "whole.mp4"
    path.write_bytes(recording(3))
    entries = "stream=codec_name,codec_tag_string,width,height,avg_frame_rate,time_base,duration"
    _, output, _ = await run("ffprobe", "-show_entries", entries, "-of", "json", path)
    (stream,) = json.loads(output)["streams"]
    assert stream == {
        "codec_name": "h264",
        "codec_tag_string": "avc1",
        "width": 320,
        "height": 180,
        "avg_frame_rate": "25/1",
        "time_base": "1/90000",
        "duration": "3.000000",
    }


@pytest.mark.parametrize(
    ("cut", "options"),
    [
        pytest.param(600, (), id="in mdat"),
        # Otherwise ffmpeg looks for an index first, reads all fragments, and dislikes the last.
        pytest.param(200, ("-fflags", "+ignidx"), id="in moof"),
    ],
)
async def test_a_file_cut_in_mid_fragment_plays_up_to_the_last_whole_one(
    tmp_path: Path, cut: int, options: tuple[str, ...]
) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(recording(3)[: len(recording(2)) + cut])
    decoded, _ = await decode(path, *options)
    assert decoded == 50


async def test_a_player_seeks_by_the_key_frames(tmp_path: Path) -> None:
    path = tmp_path / "whole.mp4"
    path.write_bytes(recording(3))
    _, output, _ = await run(
        "ffprobe", "-show_entries", "packet=pts,dts,duration,flags", "-of", "csv=p=0", path
    )
    packets = [line.rstrip(",").split(",") for line in output.split()]
    assert [(int(pts), int(dts)) for pts, dts, _, _ in packets] == [
        (number * TICKS, number * TICKS) for number in range(75)
    ]
    assert {duration for _, _, duration, _ in packets} == {str(TICKS)}
    assert [n for n, (_, _, _, flags) in enumerate(packets) if "K" in flags] == [0, 25, 50]


def test_the_header_tells_the_samples_of_a_high_profile_and_of_no_other() -> None:
    high = FragmentWriter(tracks()).header()
    assert track().sps[1] == 100
    assert track().pps + b"\xfd\xf8\xf8\0" in high
    baseline = bytes.fromhex("6742c01e8c8d40501ed00f1223")
    plain = FragmentWriter(Tracks(replace(track(), sps=baseline))).header()
    assert track().pps + len(box(b"stts", bytes(8))).to_bytes(4) + b"stts" in plain


def test_an_sps_that_makes_no_sense_is_recorded_all_the_same() -> None:
    odd = bytes.fromhex("6764001f8000010000")
    header = FragmentWriter(Tracks(replace(track(), sps=odd))).header()
    assert Mp4Reader(BytesIO(header)).tracks.video.sps == odd


def test_every_fragment_follows_the_time_of_its_capture() -> None:
    writer = FragmentWriter(tracks())
    first = writer.fragment(frames(1), None)
    second = writer.fragment(frames(3, 1), None)
    assert top_level(writer.header()) == ["ftyp", "moov", "free"]
    assert top_level(first) == top_level(second) == ["prft", "moof", "mdat"]
    prft = find(memoryview(second), b"prft")
    assert prft[:8].tobytes() == b"\x01\0\0\x18\0\0\0\x01"
    assert int.from_bytes(prft[8:16]) == to_ntp(START + 40_000_000)
    assert int.from_bytes(prft[16:24]) == TICKS


@pytest.mark.parametrize("interval", [1800, 3600, 6000])
def test_a_fragment_begins_when_its_first_frame_is_due(interval: int) -> None:
    """Whatever was guessed about how long the frame before it lasts."""
    writer = FragmentWriter(tracks())
    first, second = frames(2)
    second.ticks = first.ticks + interval
    writer.fragment([first], None)
    moof = find(memoryview(writer.fragment([second], None)), b"moof")
    assert int.from_bytes(find(moof, b"traf", b"tfdt")[4:]) == interval


def test_time_stamps_that_go_back_do_not_turn_decoding_back() -> None:
    writer = FragmentWriter(tracks())
    turned = frames(6)
    for frame in turned[2:4]:
        frame.ticks = turned[0].ticks - 50
    data = writer.header() + writer.fragment(turned[:4], turned[0].ticks)
    data += writer.fragment(turned[4:], None)
    samples = [s for part in Mp4Reader(BytesIO(data)).fragments() for s in part.samples]
    assert [sample.ticks for sample in samples] == [0, 3600, -50, -50, 14400, 18000]
    assert [sample.duration for sample in samples[:3]] == [1, 1, 3598]


def test_the_tracks_own_parameter_sets_stand_in_the_header_only() -> None:
    writer = FragmentWriter(tracks())
    data = writer.fragment(frames(1), None)
    assert track().sps in writer.header()
    assert track().sps not in data
    foreign = frames(1)
    foreign[0].nal_units.insert(0, b"\x67another")
    assert b"\0\0\0\x08\x67another" in writer.fragment(foreign, None)
