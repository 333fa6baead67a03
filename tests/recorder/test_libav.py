"""Cameras that the engine's own client can't play: recorded through PyAV, judged by ffmpeg."""

import json
import logging
from pathlib import Path

import pytest

from custom_components.nvr_hotspare.recorder.errors import SourceUnsupportedError
from custom_components.nvr_hotspare.recorder.model import CLOCK_RATE, Codec, Source
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from custom_components.nvr_hotspare.recorder.probe import probe_source
from tests.recorder.footage import decode, run
from tests.recorder.gstreamer import PICTURES, SOUNDS, record, record_all, serving

MJPEG = f"{PICTURES} ! jpegenc ! rtpjpegpay name=pay0 pt=26"
H264 = f"{PICTURES} ! x264enc key-int-max=25 tune=zerolatency ! rtph264pay name=pay0 pt=96"
B_FRAMES = (
    f"{PICTURES} ! x264enc key-int-max=25 bframes=3 b-adapt=false rc-lookahead=5 sync-lookahead=0"
    " ! video/x-h264,profile=main ! rtph264pay name=pay0 pt=96"
)
H265 = (
    f"{PICTURES} ! x265enc key-int-max=25 speed-preset=ultrafast tune=zerolatency"
    " ! rtph265pay name=pay0 pt=96"
)
VP8 = f"{PICTURES} ! vp8enc deadline=1 ! rtpvp8pay name=pay0 pt=96"
AAC = f"{SOUNDS.format(2, 48000)} ! voaacenc ! rtpmp4gpay name=pay1 pt=97"
PCMU = f"{SOUNDS.format(1, 8000)} ! mulawenc ! rtppcmupay name=pay1"
MP3 = f"{SOUNDS.format(2, 44100)} ! lamemp3enc ! mpegaudioparse ! rtpmpapay name=pay1"
OPUS = f"{SOUNDS.format(2, 48000)} ! opusenc ! rtpopuspay name=pay1 pt=97"
SPEEX = f"{SOUNDS.format(1, 16000)} ! speexenc ! rtpspeexpay name=pay1 pt=97"


async def mpeg4(folder: Path, b_frames: int) -> str:
    """Return a pipeline that shows 20 s of MPEG-4 part 2, for which GStreamer has no encoder."""
    path = folder / f"{b_frames}.mp4"
    code, _, errors = await run(
        *("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25"),
        *("-t", "20", "-c:v", "mpeg4", "-g", "25", "-bf", str(b_frames), path),
    )
    assert (code, errors) == (0, "")
    return f"filesrc location={path} ! qtdemux ! mpeg4videoparse ! rtpmp4vpay name=pay0 pt=96"


async def check(path: Path, *codecs: Codec) -> None:
    """See that a file says what it holds, and that ffmpeg decodes each of its frames."""
    with path.open("rb") as file:
        reader = Mp4Reader(file)
        fragments = list(reader.fragments())
    shown = [sample for fragment in fragments for sample in fragment.samples]
    heard = [sample for fragment in fragments for sample in fragment.audio]
    tracks = reader.tracks
    assert [track.codec for track in tracks if track is not None] == list(codecs)
    assert (tracks.video.width, tracks.video.height) == (320, 240)
    times = sorted(sample.time for sample in shown)
    assert abs(times[-1] - times[0] - 40_000_000 * (len(times) - 1)) < 200_000_000
    decoded, complaints = await decode(path)
    real = [line for line in complaints.splitlines() if not line.startswith("Guessed Channel")]
    assert (decoded, real) == (len(shown), [])
    _, output, _ = await run("ffprobe", "-show_entries", "stream=duration", "-of", "json", path)
    durations = [float(stream["duration"]) for stream in json.loads(output)["streams"]]
    # On a busy machine a camera's video falls behind its audio.
    rates = [CLOCK_RATE, tracks.audio.rate] if tracks.audio else [CLOCK_RATE]
    lasting = [
        (samples[-1].ticks + samples[-1].duration) / rate
        for samples, rate in zip((shown, heard), rates, strict=False)
    ]
    assert len(lasting) == len(codecs)
    # Of audio ffprobe tells how long it lasts, or the film.
    for told, lasts in zip(durations, lasting, strict=True):
        assert min(abs(told - lasts), abs(told - lasting[0])) < 0.3


@pytest.mark.parametrize("udp", [False, True], ids=["TCP", "UDP"])
async def test_motion_jpeg_is_recorded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, *, udp: bool
) -> None:
    async with serving(MJPEG, PCMU, udp=udp) as uri:
        path = await record_all(uri, tmp_path, 50)

    await check(path, Codec.MJPEG, Codec.PCMU)
    (line,) = {each.getMessage() for each in caplog.records if each.levelno == logging.WARNING}
    assert line.startswith("Channel c1: The camera offers no H.264 or H.265 video")
    assert "PyAV" in line


@pytest.mark.parametrize("b_frames", [0, 2])
async def test_mpeg4_is_recorded(tmp_path: Path, b_frames: int) -> None:
    async with serving(await mpeg4(tmp_path, b_frames)) as uri:
        path = await record(uri, tmp_path / "footage", 75)

    await check(path, Codec.MPEG4)


@pytest.mark.parametrize(
    ("audio", "codec"), [(AAC, Codec.AAC), (MP3, Codec.MP3), (OPUS, Codec.OPUS)]
)
async def test_audio_is_recorded_along(tmp_path: Path, audio: str, codec: Codec) -> None:
    async with serving(MJPEG, audio) as uri:
        path = await record(uri, tmp_path, 75)

    await check(path, Codec.MJPEG, codec)


async def test_audio_that_no_file_can_hold_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(MJPEG, SPEEX) as uri:
        path = await record(uri, tmp_path, 25)

    await check(path, Codec.MJPEG)
    assert "Channel c1: Its audio (speex) can't be recorded and is left out." in caplog.text


@pytest.mark.parametrize(
    ("video", "codec"),
    [
        pytest.param(H264, Codec.H264, id="H.264"),
        pytest.param(B_FRAMES, Codec.H264, id="H.264 with B-frames"),
        pytest.param(H265, Codec.H265, id="H.265"),
    ],
)
async def test_a_camera_that_speaks_only_udp_is_recorded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, video: str, codec: Codec
) -> None:
    async with serving(video, AAC, udp=True) as uri:
        path = await record_all(uri, tmp_path, 75)

    await check(path, codec, Codec.AAC)
    assert "The camera does not send its stream over TCP." in caplog.text


async def test_what_no_file_can_hold_is_refused() -> None:
    async with serving(VP8) as uri:
        with pytest.raises(SourceUnsupportedError, match=r"its codecs: VP8.*\(vp8\)\.$"):
            await probe_source(Source(uri=uri))


async def test_a_look_at_such_a_camera() -> None:
    async with serving(MJPEG, udp=True) as uri:
        report = await probe_source(Source(uri=uri))

    assert (report.codec, report.width, report.height) == ("mjpeg", 320, 240)
    assert report.frame_rate == pytest.approx(25, rel=0.1)
    assert report.key_interval == pytest.approx(0.04, rel=0.1)
