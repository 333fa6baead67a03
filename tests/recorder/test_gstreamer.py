"""Recordings of GStreamer's RTSP server: an independent peer, judged by ffmpeg."""

from itertools import pairwise
import json
from pathlib import Path

import av
import numpy as np
import pytest

from custom_components.nvr_hotspare.recorder.model import CLOCK_RATE, Codec
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from tests.recorder.footage import decode, run
from tests.recorder.gstreamer import PICTURES, SOUNDS, record, serving

H264 = f"{PICTURES} ! x264enc key-int-max=25 tune=zerolatency ! rtph264pay name=pay0 pt=96"
B_FRAMES = (
    f"{PICTURES} ! x264enc key-int-max=25 bframes=3 b-adapt=false rc-lookahead=5 sync-lookahead=0"
    " ! video/x-h264,profile=main ! rtph264pay name=pay0 pt=96"
)
H265 = (
    f"{PICTURES} ! x265enc key-int-max=25 speed-preset=ultrafast tune=zerolatency"
    " ! rtph265pay name=pay0 pt=96"
)
H265_B_FRAMES = (
    f"{PICTURES} ! x265enc key-int-max=25 speed-preset=veryfast"
    " option-string=bframes=3:open-gop=1:rc-lookahead=5 ! h265parse ! rtph265pay name=pay0 pt=96"
)
AAC = f"{SOUNDS.format(2, 48000)} ! voaacenc ! rtpmp4gpay name=pay1 pt=97"
PCMU = f"{SOUNDS.format(1, 8000)} ! mulawenc ! rtppcmupay name=pay1"
PCMA = f"{SOUNDS.format(1, 8000)} ! alawenc ! rtppcmapay name=pay1"
L16 = f"{SOUNDS.format(2, 16000)} ! audioconvert ! rtpL16pay name=pay1 pt=97"


@pytest.mark.parametrize(
    ("video", "audio", "codecs"),
    [
        pytest.param(H264, AAC, (Codec.H264, Codec.AAC), id="H.264, AAC"),
        pytest.param(B_FRAMES, PCMU, (Codec.H264, Codec.PCMU), id="H.264 B-frames, PCMU"),
        pytest.param(H265, PCMA, (Codec.H265, Codec.PCMA), id="H.265, PCMA"),
        pytest.param(H265_B_FRAMES, L16, (Codec.H265, Codec.L16), id="H.265 open GOPs, L16"),
    ],
)
async def test_ffmpeg_decodes_what_was_recorded(
    tmp_path: Path, video: str, audio: str, codecs: tuple[Codec, Codec]
) -> None:
    async with serving(video, audio) as uri:
        path = await record(uri, tmp_path, 75)

    with path.open("rb") as file:
        reader = Mp4Reader(file)
        shown = [s.ticks / CLOCK_RATE for fragment in reader.fragments() for s in fragment.samples]
    assert reader.tracks.audio is not None
    assert (reader.tracks.video.codec, reader.tracks.audio.codec) == codecs
    decoded, complaints = await decode(path)
    real = [line for line in complaints.splitlines() if not line.startswith("Guessed Channel")]
    assert (decoded, real) == (len(shown), [])
    _, output, _ = await run("ffprobe", "-show_entries", "stream=duration", "-of", "json", path)
    seen, heard = (float(stream["duration"]) for stream in json.loads(output)["streams"])
    assert abs(seen - (max(shown) - min(shown))) < 0.3
    assert heard > seen - 0.3


async def test_picture_and_sound_are_recorded_in_step(tmp_path: Path) -> None:
    """The picture turns from dark to light every second, when there is a tick to be heard."""
    flashes = H264.replace("is-live=true", "is-live=true pattern=ball flip=true")
    flashes = flashes.replace("framerate=25/1", "framerate=50/1")
    ticks = AAC.replace("is-live=true", "is-live=true wave=ticks")
    async with serving(flashes, ticks) as uri:
        path = await record(uri, tmp_path, 200)

    seen, heard = flashes_of(path), ticks_of(path)
    assert len(seen) >= 3
    for time in seen:
        assert min(abs(time - other) for other in heard) <= 0.04


def flashes_of(path: Path) -> list[float]:
    """When the picture changes, in seconds."""
    with av.open(path) as file:
        shown = [
            (frame.time, frame.to_ndarray(format="gray").mean()) for frame in file.decode(video=0)
        ]
    return [time for (_, before), (time, now) in pairwise(shown) if abs(now - before) > 50]


def ticks_of(path: Path) -> list[float]:
    """When there is a sound after silence, in seconds."""
    found, heard = list[float](), 0.0
    with av.open(path) as file:
        for frame in file.decode(audio=0):
            loud = np.flatnonzero(np.abs(frame.to_ndarray()[0]) > 0.1)
            if len(loud) and frame.time is not None:
                if frame.time - heard > 0.5:
                    found.append(frame.time + int(loud[0]) / frame.sample_rate)
                heard = frame.time
    return found
