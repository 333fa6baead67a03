"""Virtual cameras of each codec: recorded by the engine, verified frame by frame and decoded."""

from dataclasses import replace
import json
from pathlib import Path

import pytest

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.engine import Engine
from custom_components.nvr_hotspare.recorder.model import Codec, Source
from tests.recorder.footage import run
from tests.recorder.scripted_camera import eventually
from virtual_nvr.cameras import CamerasConfig, VirtualCameras
from virtual_nvr.clip import ClipFormat
from virtual_nvr.private import Credentials
from virtual_nvr.verify import count, verify

ACCOUNT = Credentials("viewer", "cellar-door")
FORMAT = ClipFormat(width=320, height=192, bit_rate=200_000, gop=5, audio=True)


async def record(
    video: ClipFormat, address: str, folder: Path, *, audio: bool = True, udp: bool = False
) -> Path:
    """Record three seconds and return their file."""
    config = CamerasConfig(count=1, first_address=address, port=0, format=video, udp=udp)
    engine = Engine(folder)
    await engine.start()
    async with VirtualCameras(config, ACCOUNT) as site:
        source = Source(
            uri=site.cameras[1].uri,
            username=ACCOUNT.username,
            password=ACCOUNT.password,
            audio=audio,
        )
        engine.record("c1", source)
        try:
            await eventually(lambda: engine.status()["c1"].frames >= 75)
        finally:
            await engine.stop()
    (clip,) = Archive(folder).clips("c1")
    return clip.path


async def probe(path: Path) -> list[dict[str, str]]:
    entries = "stream=codec_name,codec_tag_string,start_time,duration"
    _, output, _ = await run("ffprobe", "-show_entries", entries, "-of", "json", path)
    streams: list[dict[str, str]] = json.loads(output)["streams"]
    return streams


@pytest.mark.parametrize(
    ("codec", "address", "tags"),
    [
        (Codec.H264, "127.0.8.11", ("avc1", "mp4a")),
        (Codec.H265, "127.0.8.12", ("hvc1", "mp4a")),
    ],
)
@pytest.mark.parametrize("udp", [False, True], ids=["TCP", "UDP"])
async def test_every_frame_is_recorded_and_plays_beside_the_sound(
    tmp_path: Path, codec: Codec, address: str, tags: tuple[str, str], *, udp: bool
) -> None:
    path = await record(replace(FORMAT, codec=codec), address, tmp_path, udp=udp)

    report = verify([path])[1]
    assert (count(report.missing), count(report.damaged), report.out_of_order) == (0, 0, 0)
    assert report.clock_error <= 1000
    streams = await probe(path)
    assert tuple(stream["codec_tag_string"] for stream in streams) == tags
    seen, heard = streams
    assert float(seen["start_time"]) == 0
    assert abs(float(seen["duration"]) - count(report.present) / 25) < 0.001
    assert 0 <= float(heard["start_time"]) < 0.11
    assert abs(float(heard["duration"]) - float(seen["duration"])) < 0.11
    code, _, complaints = await run("ffmpeg", "-v", "warning", "-i", path, "-f", "null", "-")
    assert (code, complaints) == (0, "")


async def test_sound_is_left_out_where_it_is_not_wanted(tmp_path: Path) -> None:
    path = await record(FORMAT, "127.0.8.13", tmp_path, audio=False)

    assert [stream["codec_name"] for stream in await probe(path)] == ["h264"]
