"""Files of every codec, with B-frames and audio: what ffmpeg, which did not write them, sees."""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from io import BytesIO
import json
from pathlib import Path
import re

import av
from hypothesis import given, strategies as st
import numpy as np
import pytest

from custom_components.nvr_hotspare.recorder.errors import FootageError
from custom_components.nvr_hotspare.recorder.model import (
    AudioFrame,
    AudioTrack,
    Codec,
    Tracks,
    VideoFrame,
)
from custom_components.nvr_hotspare.recorder.mp4.reader import Fragment, Mp4Reader
from custom_components.nvr_hotspare.recorder.mp4.writer import FragmentWriter
from custom_components.nvr_hotspare.recorder.rtp import h264, h265
from custom_components.nvr_hotspare.recorder.rtp.parameters import find_track
from tests.recorder.footage import START, TICKS, decode, frames, indexed, run, track
from virtual_nvr.encode import encode_sound

STEP = 40_000_000
X264 = "keyint=25:scenecut=0:repeat-headers=1:bframes=3:b-adapt=0:rc-lookahead=5:open-gop={}"
X265 = "keyint=25:scenecut=0:repeat-headers=1:bframes=3:b-adapt=0:log-level=error:open-gop={}"
_START_CODE = re.compile(rb"\x00\x00\x00?\x01")


def encode(codec: Codec, parameters: str, count: int) -> list[VideoFrame]:
    """Encode a moving bar and return the frames in decoding order, timed by when they are shown."""
    name = "x264" if codec is Codec.H264 else "x265"
    encoder = av.CodecContext.create(f"lib{name}", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = 160, 96, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 25), 25
    encoder.options = {"preset": "ultrafast", f"{name}-params": parameters}
    packets = []
    for number in range(count):
        picture = np.full((144, 160), 128, np.uint8)
        picture[number % 96] = 235
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    frames = []
    for packet in packets:
        assert packet.pts is not None
        units = [unit.rstrip(b"\0") for unit in _START_CODE.split(bytes(packet)) if unit]
        if codec is Codec.H265:
            key = any(h265.nal_type(unit) in h265.KEYS for unit in units)
        else:
            key = any(h264.nal_type(unit) == h264.IDR for unit in units)
        frames.append(
            VideoFrame(
                nal_units=units,
                time=START + packet.pts * STEP,
                ticks=5_000 + packet.pts * TICKS,
                key=key,
            )
        )
    return frames


def fragments(frames: list[VideoFrame]) -> Iterator[tuple[list[VideoFrame], int | None]]:
    """Cut as a recording is: the first key frame by itself, the rest where a GOP ends."""
    yield frames[:1], None
    part, newest = [frames[1]], frames[0].ticks
    for frame in frames[2:]:
        newest = max(newest, part[-1].ticks)
        if frame.key and frame.ticks > newest:
            yield part, frame.ticks
            part = []
        part.append(frame)
    yield part, None


def write(frames: list[VideoFrame], codec: Codec) -> tuple[Tracks, bytes]:
    video = find_track(frames[0].nal_units, codec=codec)
    assert video is not None
    writer = FragmentWriter(Tracks(video))
    parts = [writer.fragment(part, following) for part, following in fragments(frames)]
    return Tracks(video), b"".join((writer.header(), *parts))


def read(data: bytes) -> list[Fragment]:
    return list(Mp4Reader(BytesIO(data)).fragments())


@pytest.mark.parametrize(
    ("codec", "parameters"),
    [
        pytest.param(Codec.H264, X264.format(0), id="H.264"),
        pytest.param(Codec.H264, X264.format(1), id="H.264, open GOPs"),
        pytest.param(Codec.H265, X265.format(0), id="H.265"),
        pytest.param(Codec.H265, X265.format(1), id="H.265, open GOPs"),
    ],
)
async def test_b_frames_are_shown_when_they_should(
    tmp_path: Path, codec: Codec, parameters: str
) -> None:
    encoded = encode(codec, parameters, 75)
    assert [frame.ticks for frame in encoded] != sorted(frame.ticks for frame in encoded)
    tracks, data = write(encoded, codec)
    assert Mp4Reader(BytesIO(data)).tracks == tracks

    samples = [sample for part in read(data) for sample in part.samples]
    assert [sample.ticks for sample in samples] == [frame.ticks - 5_000 for frame in encoded]
    assert [sample.time for sample in samples] == [frame.time for frame in encoded]
    path = tmp_path / "b.mp4"
    path.write_bytes(indexed(data))
    assert await decode(path) == (75, "")
    _, output, _ = await run(
        "ffprobe", "-show_entries", "packet=pts,dts:stream=duration", "-of", "json", path
    )
    seen = json.loads(output)
    assert [packet["pts"] for packet in seen["packets"]] == [f.ticks - 5_000 for f in encoded]
    decoded = [packet["dts"] for packet in seen["packets"]]
    assert decoded == sorted(set(decoded))
    assert float(seen["streams"][0]["duration"]) == pytest.approx(3, abs=0.2)


AAC, NOTES = encode_sound(3)
SILENCE = {
    Codec.AAC: NOTES[8],
    Codec.PCMU: b"\xff" * 320,
    Codec.PCMA: b"\xd5" * 320,
    Codec.L16: bytes(640),
}


def sound(track: AudioTrack, number: int, late: int = 0) -> AudioFrame:
    """A frame of audio, numbered from the time of the first frame of video."""
    duration = 1024 if track.codec is Codec.AAC else 320
    ticks = number * duration
    return AudioFrame(
        data=SILENCE[track.codec],
        time=START + ticks * 1_000_000_000 // track.rate + late,
        ticks=ticks,
        duration=duration,
    )


def film(audio: AudioTrack, sounds: list[AudioFrame]) -> bytes:
    """A file of three seconds whose second fragment has all the audio."""
    writer = FragmentWriter(Tracks(track(), audio))
    return b"".join(
        (
            writer.header(),
            writer.fragment(frames(1), None),
            writer.fragment(frames(74, 1), None, sounds),
        )
    )


@pytest.mark.parametrize(
    ("audio", "name"),
    [
        (AAC, "aac"),
        (AudioTrack(codec=Codec.PCMU, rate=8000, channels=1), "pcm_mulaw"),
        (AudioTrack(codec=Codec.PCMA, rate=16_000, channels=1), "pcm_alaw"),
        (AudioTrack(codec=Codec.L16, rate=16_000, channels=1), "pcm_s16be"),
        (AudioTrack(codec=Codec.L16, rate=44_100, channels=2), "pcm_s16be"),
    ],
)
async def test_audio_is_heard_and_comes_back(tmp_path: Path, audio: AudioTrack, name: str) -> None:
    sounds = [sound(audio, number) for number in range(40)]
    if audio.channels == 2:
        for frame in sounds:
            frame.data *= 2
    data = film(audio, sounds)
    reader = Mp4Reader(BytesIO(data))
    assert reader.tracks.audio == audio
    samples = [sample for part in reader.fragments() for sample in part.audio]
    assert [reader.data(sample) for sample in samples] == [frame.data for frame in sounds]
    assert [sample.ticks for sample in samples] == [frame.ticks for frame in sounds]
    assert all(abs(s.time - f.time) < 100_000 for s, f in zip(samples, sounds, strict=True))
    path = tmp_path / "sound.mp4"
    path.write_bytes(data)
    _, output, errors = await run(
        "ffprobe",
        *("-v", "error", "-select_streams", "a"),
        *("-show_entries", "stream=codec_name,sample_rate,channels,duration", "-of", "json", path),
    )
    (stream,) = json.loads(output)["streams"]
    assert (stream["codec_name"], stream["sample_rate"]) == (name, str(audio.rate))
    assert stream["channels"] == audio.channels
    assert float(stream["duration"]) == pytest.approx(
        40 * sounds[0].duration / audio.rate, abs=0.01
    )
    assert errors == ""
    code, _, errors = await run("ffmpeg", "-v", "error", "-i", path, "-f", "null", "-")
    assert (code, errors) == (0, "")


def starts(sounds: list[AudioFrame]) -> list[int]:
    return [sample.ticks for part in read(film(AAC, sounds)) for sample in part.audio]


def test_jitter_is_not_heard() -> None:
    late = [0, 5, 20, 1, 0]
    sounds = [sound(AAC, number, ms * 1_000_000) for number, ms in enumerate(late)]
    assert starts(sounds) == [number * 1024 for number in range(5)]


def test_a_pause_of_the_audio_is_one() -> None:
    assert starts([sound(AAC, number) for number in (0, 1, 5, 6)]) == [0, 1024, 5120, 6144]


def test_audio_begins_when_it_was_captured() -> None:
    assert starts([sound(AAC, number) for number in (3, 4)]) == [3072, 4096]


def test_audio_from_before_the_file_is_not_in_it() -> None:
    assert starts([sound(AAC, number) for number in (-2, -1, 0)]) == [0]


def test_frames_too_many_after_a_correction_are_left_out() -> None:
    sounds = [sound(AAC, 0), sound(AAC, 1), sound(AAC, 1), sound(AAC, 2)]
    assert starts(sounds) == [0, 1024, 2048]


@given(st.data())
def test_no_damage_makes_the_reader_do_more_than_complain(data: st.DataObject) -> None:
    damaged = bytearray(film(AAC, [sound(AAC, number) for number in range(5)]))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, 5000))] = data.draw(st.integers(0, 255))
    with suppress(FootageError):
        reader = Mp4Reader(BytesIO(damaged))
        for part in reader.fragments():
            for sample in (*part.samples, *part.audio):
                reader.data(sample)
    indexed(bytes(damaged))
