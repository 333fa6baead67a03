"""The engine with several channels, its subscribers, and what a kill leaves behind."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custom_components.nvr_hotspare.recorder import broadcast
from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.broadcast import Broadcast, Subscription
from custom_components.nvr_hotspare.recorder.engine import Engine
from custom_components.nvr_hotspare.recorder.model import ChannelState, Tracks, VideoFrame
from custom_components.nvr_hotspare.recorder.rtp.parameters import find_track
from tests.recorder.scripted_camera import (
    PPS,
    SPS,
    ScriptedCamera,
    eventually,
    frame,
    gops,
    scripted_camera,
)


@pytest.fixture
async def camera() -> AsyncIterator[ScriptedCamera]:
    async with scripted_camera() as camera:
        camera.media = gops(range(10))
        yield camera


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    engine = Engine(tmp_path)
    await engine.start()
    yield engine
    await engine.stop()


def _is_recording(engine: Engine, *channels: str) -> bool:
    status = engine.status()
    return all(status[name].state is ChannelState.RECORDING for name in channels)


def _publish(to: Broadcast, *numbers: int, size: int = 10) -> None:
    track = find_track([SPS, PPS])
    assert track
    for number in numbers:
        nal_units = frame(number, size=size)
        to.publish(
            Tracks(track),
            VideoFrame(nal_units=nal_units, time=0, ticks=number, key=number % 5 == 0),
        )


async def _ticks(subscription: Subscription) -> list[int]:
    return [frame.ticks async for _, frame in subscription]


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.rglob(pattern))


async def test_channels_are_recorded_side_by_side(
    engine: Engine, camera: ScriptedCamera, tmp_path: Path
) -> None:
    engine.record("a", camera.source())
    engine.record("b", camera.source())
    engine.record("a", camera.source())
    await eventually(lambda: _is_recording(engine, "a", "b"))
    await engine.release("a")

    assert camera.connections == 2
    assert list(engine.status()) == ["b"]
    (clip,) = Archive(tmp_path).clips("a")
    assert not clip.open
    assert Archive(tmp_path).clips("b")[0].open
    await engine.release("a")


async def test_stop_closes_every_file(camera: ScriptedCamera, tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    await engine.start()
    for name in ("a", "b", "c"):
        engine.record(name, camera.source())
    await eventually(lambda: _is_recording(engine, "a", "b", "c"))
    await engine.stop()

    assert [path.suffix for path in _files(tmp_path, "*.mp4*")] == [".mp4"] * 3
    assert engine.status() == {}
    assert camera.methods.count("TEARDOWN") == 3


async def test_a_changed_source_replaces_the_old_one(
    engine: Engine, camera: ScriptedCamera
) -> None:
    engine.record("a", camera.source())
    await eventually(lambda: _is_recording(engine, "a"))
    async with scripted_camera() as other:
        other.media = gops(range(5))
        engine.record("a", other.source())
        await eventually(lambda: other.methods == ["DESCRIBE", "SETUP", "PLAY"])
        await eventually(lambda: _is_recording(engine, "a"))

    assert camera.methods[-1] == "TEARDOWN"


async def test_what_a_killed_engine_left_open_is_closed_at_the_start(
    camera: ScriptedCamera, tmp_path: Path
) -> None:
    killed = Engine(tmp_path)
    await killed.start()
    killed.record("a", camera.source())
    await eventually(lambda: _is_recording(killed, "a"))
    (left,) = _files(tmp_path, "*.mp4.open")
    copy = tmp_path / "copy" / "a" / left.name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(left.read_bytes() + b"\0\0\1\0half a fragment")
    await killed.stop()

    engine = Engine(tmp_path / "copy")
    await engine.start()
    await engine.stop()

    (clip,) = Archive(tmp_path / "copy").clips("a")
    assert not clip.open


async def test_a_folder_of_somebody_else_does_not_keep_it_from_starting(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    loop = tmp_path / "a" / "2026-11-23T18-31-00.000000Z.mp4.open"
    loop.write_bytes(b"not ours")
    engine = Engine(tmp_path)
    await engine.start()
    await engine.stop()


async def test_live_frames_reach_a_subscriber_until_the_channel_is_released(
    engine: Engine, camera: ScriptedCamera
) -> None:
    camera.media = b""
    engine.record("a", camera.source())
    async with engine.subscribe("a") as live:
        await eventually(lambda: "PLAY" in camera.methods)
        camera.send(gops(range(3, 9)))
        found = [await anext(live) for _ in range(4)]
        await engine.release("a")

        assert [frame.ticks // 3600 for _, frame in found] == [5, 6, 7, 8]
        assert all(video.width == 1280 for (video, _), _ in found)
        assert await _ticks(live) == []


async def test_nobody_can_subscribe_to_what_is_not_recorded(engine: Engine) -> None:
    with pytest.raises(KeyError):
        async with engine.subscribe("a"):
            pass


async def test_a_slow_subscriber_skips_to_a_key_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast, "MAX_WAITING", 800)
    everyone = Broadcast()
    with everyone.subscribe() as slow, everyone.subscribe() as quick:
        waiting = asyncio.create_task(_ticks(quick))
        for number in range(5, 18):
            _publish(everyone, number, size=100)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        everyone.close()

        assert await waiting == list(range(5, 18))
        assert await _ticks(slow) == [15, 16, 17]


async def test_a_subscriber_that_left_is_forgotten() -> None:
    everyone = Broadcast()
    with everyone.subscribe() as live:
        pass
    _publish(everyone, 5)
    live.end()

    assert await _ticks(live) == []
