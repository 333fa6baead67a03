"""One channel from camera to files, through everything that cameras and disks do."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
import itertools
from pathlib import Path

import pytest

from custom_components.nvr_hotspare.recorder import channel as channel_module, opener, recording
from custom_components.nvr_hotspare.recorder.archive import Archive, OpenClip
from custom_components.nvr_hotspare.recorder.auth import Guard
from custom_components.nvr_hotspare.recorder.channel import Channel
from custom_components.nvr_hotspare.recorder.disk import Disk
from custom_components.nvr_hotspare.recorder.model import ChannelState, Tracks, VideoFrame
from custom_components.nvr_hotspare.recorder.mp4.reader import Fragment, Mp4Reader
from custom_components.nvr_hotspare.recorder.recording import CLIP, Recording
from custom_components.nvr_hotspare.recorder.ring import RingLimits
from custom_components.nvr_hotspare.recorder.rtp.parameters import find_track
from tests.recorder.scripted_camera import (
    FRAME,
    NOW,
    PPS,
    SPS,
    ScriptedCamera,
    eventually,
    frame,
    gops,
    scripted_camera,
    sender_report,
)

LIMITS = RingLimits(seconds=10, size=1 << 20)
STEP = 40_000_000


@pytest.fixture
async def camera() -> AsyncIterator[ScriptedCamera]:
    async with scripted_camera() as camera:
        yield camera


@pytest.fixture
async def channel(tmp_path: Path) -> AsyncIterator[Channel]:
    disk = Disk()
    channel = Channel("c1", Archive(tmp_path), disk, LIMITS)
    yield channel
    await channel.stop()
    disk.shutdown()


@pytest.fixture
async def written(tmp_path: Path) -> AsyncIterator[Recording]:
    disk = Disk()
    recording = Recording(Archive(tmp_path), disk, "c1")
    yield recording
    await recording.close()
    disk.shutdown()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "_FIRST_DELAY", 0.02)


def _media(numbers: Iterable[int]) -> bytes:
    numbers = list(numbers)
    return sender_report(NOW + numbers[0] * STEP, numbers[0] * FRAME) + gops(numbers)


def _frame(number: int, *, gop: int = 25, later: int = 0) -> VideoFrame:
    return VideoFrame(
        nal_units=frame(number, gop=gop),
        time=NOW + number * STEP + later,
        ticks=number * FRAME,
        key=number % gop == 0,
    )


async def _add(recording: Recording, frames: Iterable[VideoFrame]) -> None:
    track = find_track([SPS, PPS])
    assert track
    for each in frames:
        await recording.add(Tracks(track), each)


def _fragments(path: Path) -> list[Fragment]:
    with path.open("rb") as file:
        return list(Mp4Reader(file).fragments())


def _numbers(folder: Path) -> list[int]:
    """The numbers of all frames in closed files, in the order of the files."""
    numbers = []
    for clip in Archive(folder).clips("c1"):
        assert not clip.open
        with clip.path.open("rb") as file:
            reader = Mp4Reader(file)
            for fragment in reader.fragments():
                for sample in fragment.samples:
                    number = int.from_bytes(reader.nal_units(sample)[-1][1:5])
                    assert sample.time // 1000 == (NOW + number * STEP) // 1000
                    numbers.append(number)
    return numbers


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.rglob(pattern))


async def test_it_records_from_the_first_key_frame(
    camera: ScriptedCamera, channel: Channel, tmp_path: Path
) -> None:
    camera.media = _media(range(3, 13))
    channel.record(camera.source())
    await eventually(lambda: channel.status.state is ChannelState.RECORDING)
    await channel.stop()

    assert _numbers(tmp_path) == list(range(5, 13))
    status = channel.status
    assert (status.frames, status.error) == (8, "")
    assert (status.first_frame, status.last_frame) == (NOW + 5 * STEP, NOW + 12 * STEP)
    assert status.size == sum(path.stat().st_size for path in _files(tmp_path, "*.mp4"))
    assert camera.methods[-1] == "TEARDOWN"


async def test_it_comes_back_after_every_kind_of_loss(
    camera: ScriptedCamera, channel: Channel, tmp_path: Path
) -> None:
    camera.media, camera.hang_up = _media(range(10)), True
    channel.record(camera.source())
    await eventually(lambda: channel.status.frames == 10)
    camera.media = _media(range(10, 20)) + b"\x00rubbish"
    await eventually(lambda: channel.status.frames >= 20)
    camera.media, camera.hang_up = _media(range(20, 30)), False
    await eventually(lambda: channel.status.last_frame == NOW + 24 * STEP)
    await channel.stop()

    assert list(dict.fromkeys(_numbers(tmp_path))) == list(range(30))


async def test_a_camera_that_refuses_is_left_alone_until_its_credentials_change(
    camera: ScriptedCamera, channel: Channel
) -> None:
    camera.guard, camera.media = Guard("camera", {"admin": "secret"}), _media(range(5))
    channel.record(camera.source("admin", "wrong"))
    await eventually(lambda: channel.status.state is ChannelState.REFUSED)
    channel.record(camera.source("admin", "wrong"))
    await asyncio.sleep(0.2)

    assert camera.connections == 2
    assert channel.status.state is ChannelState.REFUSED
    assert "password" in channel.status.error
    channel.record(camera.source("admin", "secret"))
    await eventually(lambda: channel.status.state is ChannelState.RECORDING)
    assert channel.status.error == ""


async def test_a_camera_that_is_absent_shows_why(channel: Channel) -> None:
    async with scripted_camera() as camera:
        source = camera.source()
    channel.record(source)
    await eventually(lambda: channel.status.state is ChannelState.RETRYING)

    assert "Nothing answers" in channel.status.error


async def test_an_error_of_the_engine_itself_is_survived(
    camera: ScriptedCamera, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera.media = _media(range(5))
    monkeypatch.setattr(channel_module, "_LONGEST_DELAY", 0.02)
    with monkeypatch.context() as patch:
        patch.setattr(opener, "open_stream", None)
        channel.record(camera.source())
        await eventually(lambda: "engine" in channel.status.error)
    await eventually(lambda: channel.status.state is ChannelState.RECORDING)


def test_delays_double_up_to_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "_FIRST_DELAY", 0.5)

    delays = itertools.islice(channel_module._delays(), 2000)

    for delay, longest in zip(delays, [0.5, 1, 2, 4, 8] + [10] * 1995, strict=True):
        assert 0.75 * longest <= delay <= longest


async def test_the_first_key_frame_is_on_the_disk_at_once(
    written: Recording, tmp_path: Path
) -> None:
    await _add(written, [_frame(0)])

    (path,) = _files(tmp_path, "*.mp4.open")
    assert [len(fragment.samples) for fragment in _fragments(path)] == [1]


async def test_fragments_grow_up_to_a_second_and_end_with_a_gop(
    written: Recording, tmp_path: Path
) -> None:
    await _add(written, [_frame(number, gop=100) for number in range(150)])
    await written.close()

    (path,) = _files(tmp_path, "*.mp4")
    lengths = [len(fragment.samples) for fragment in _fragments(path)]
    assert lengths == [1, 1, 2, 4, 8, 16, 25, 25, 18, 25, 25]


async def test_a_key_frame_begins_a_new_file_after_a_minute(
    written: Recording, tmp_path: Path
) -> None:
    last = CLIP // FRAME + 30
    await _add(written, [_frame(number) for number in range(last)])
    await written.close()

    clips = Archive(tmp_path).clips("c1")
    assert [clip.start for clip in clips] == [NOW, NOW + 60_000_000_000]
    assert _numbers(tmp_path) == list(range(last))


async def test_changed_parameter_sets_begin_a_new_file(written: Recording, tmp_path: Path) -> None:
    await _add(written, [_frame(0), _frame(1)])
    changed = find_track([SPS, PPS + b"\x01"])
    assert changed
    await written.add(Tracks(changed), _frame(25))
    await written.close()

    assert len(Archive(tmp_path).clips("c1")) == 2


async def test_a_corrected_clock_is_seen_in_the_times_and_then_in_the_names(
    written: Recording, tmp_path: Path
) -> None:
    hour = 3_600_000_000_000
    await _add(written, [_frame(n, later=hour if n > 10 else 0) for n in range(30)])
    await written.close()

    first, second = Archive(tmp_path).clips("c1")
    times = [sample.time for part in _fragments(first.path) for sample in part.samples]
    assert [time // STEP for time in times] == [
        (NOW + n * STEP + (hour if n > 10 else 0)) // STEP for n in range(25)
    ]
    assert second.start == NOW + 25 * STEP + hour


async def test_a_full_disk_is_told_and_tried_again(
    written: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recording, "_PAUSE", 0.0)
    await _add(written, [_frame(0), _frame(1)])
    with monkeypatch.context() as patch:
        patch.setattr(OpenClip, "write", no_space)
        await _add(written, [_frame(number) for number in range(2, 28)])
        assert "No space left on device" in written.error
        assert not written.active
    await _add(written, [_frame(number) for number in range(28, 52)])
    await written.close()

    assert written.error == ""
    assert _numbers(tmp_path) == [0, 50, 51]
    assert written.frames == 3


async def test_a_folder_that_cannot_be_made_is_told(camera: ScriptedCamera, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    disk = Disk()
    channel = Channel("c1", Archive(tmp_path / "file"), disk, LIMITS)
    camera.media = _media(range(5))
    channel.record(camera.source())
    await eventually(lambda: "can't be written" in channel.status.error)
    await channel.stop()
    disk.shutdown()

    assert channel.status.frames == 0


async def test_a_slow_disk_delays_no_other_camera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck: set[str] = set()
    write = OpenClip.write
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(clip: OpenClip, *data: bytes) -> None:
        if clip.path.parent.name == "slow":
            stuck.add(clip.path.name)
            asyncio.run_coroutine_threadsafe(release.wait(), loop).result(10)
        write(clip, *data)

    monkeypatch.setattr(OpenClip, "write", slow)
    disk = Disk()
    async with AsyncExitStack() as stack:
        for name in ("slow", "c1"):
            camera = await stack.enter_async_context(scripted_camera())
            camera.media = _media(range(20))
            channel = Channel(name, Archive(tmp_path), disk, LIMITS)
            channel.record(camera.source())
            stack.push_async_callback(channel.stop)
            await eventually(lambda: bool(stuck))
        await eventually(lambda: channel.status.frames >= 15)
        release.set()
    disk.shutdown()

    assert _numbers(tmp_path) == list(range(20))
