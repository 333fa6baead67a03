"""Recordings in VLC: an independent reader of MP4, with decoders of its own choice."""

from dataclasses import replace
import json
from pathlib import Path
import sys

import pytest

from custom_components.nvr_hotspare.recorder.model import AudioTrack, Codec
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from custom_components.nvr_hotspare.recorder.mp4.writer import FragmentWriter
from tests.recorder.encoded import encode
from tests.recorder.footage import indexed, run
from tests.recorder.test_codecs_on_cameras import FORMAT, record as record_camera
from tests.recorder.test_mp4_tracks import film, sound
from tests.recorder.wire import Wire, record

PLAYER = Path(__file__).with_name("vlc_player.py")
CODECS = {Codec.H264: "127.0.8.21", Codec.H265: "127.0.8.22"}


async def check(path: Path) -> None:
    """Play a file in VLC: it shows every frame, and knows how long they last."""
    code, output, errors = await run(sys.executable, PLAYER, path)
    assert code == 0, errors
    with path.open("rb") as file:
        fragments = list(Mp4Reader(file).fragments())
    samples = [sample for fragment in fragments for sample in fragment.samples]
    shown = max(sample.ticks + sample.duration for sample in fragments[-1].samples)
    expected = {
        "ended": True,
        "pictures": len(samples),
        "sounds": sum(len(fragment.audio) for fragment in fragments),
        "lost": 0,
        "corrupted": 0,
        "milliseconds": shown // 90,
    }
    for _ in range(4):  # its counts lag behind on a busy machine when it comes to the end
        if json.loads(output) != expected:
            _, output, _ = await run(sys.executable, PLAYER, path)
    assert json.loads(output) == expected


def as_left_open(path: Path) -> Path:
    """Return a copy as a killed engine leaves a file: without index, and half a fragment."""
    with path.open("rb") as file:
        reader = Mp4Reader(file)
        begin = reader.end
    data = path.read_bytes()
    copy = path.with_name(path.name + ".open")
    copy.write_bytes(
        FragmentWriter(reader.tracks).header() + data[begin : data.rindex(b"moof") - 4]
    )
    return copy


@pytest.mark.parametrize("codec", CODECS)
async def test_picture_and_sound_play_in_a_closed_file_and_in_an_open_one(
    tmp_path: Path, codec: Codec
) -> None:
    path = await record_camera(replace(FORMAT, codec=codec), CODECS[codec], tmp_path / "footage")
    await check(path)

    await check(as_left_open(path))


@pytest.mark.parametrize("codec", CODECS)
async def test_frames_that_are_shown_in_another_order_play(tmp_path: Path, codec: Codec) -> None:
    sent = encode(60, "keyint=10:min-keyint=10:bframes=3:b-adapt=0:scenecut=0", codec)
    wire = Wire(codec)
    (path,) = await record(
        wire.report(sent[0]) + wire.by_the_rules(sent), tmp_path, sent[:-1], codec
    )
    await check(path)


@pytest.mark.parametrize(
    "audio",
    [
        AudioTrack(codec=Codec.PCMU, rate=8000, channels=1),
        AudioTrack(codec=Codec.PCMA, rate=8000, channels=1),
        AudioTrack(codec=Codec.L16, rate=16_000, channels=1),
    ],
)
async def test_sound_without_compression_plays(tmp_path: Path, audio: AudioTrack) -> None:
    path = tmp_path / "sound.mp4"
    path.write_bytes(indexed(film(audio, [sound(audio, number) for number in range(40)])))
    await check(path)
