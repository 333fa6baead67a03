"""The built-in spare: a real engine in a process of its own, recording real cameras."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, suppress
import os
from pathlib import Path
import signal
import time

import pytest

from custom_components.nvr_hotspare.failover.model import Recording
from custom_components.nvr_hotspare.nvr.builtin import (
    BuiltinSpare,
    channel_of,
    key_of,
    prepare_folder,
)
from custom_components.nvr_hotspare.nvr.errors import (
    UnitFullError,
    UnitUnreachableError,
    UnitUnsupportedError,
)
from custom_components.nvr_hotspare.nvr.model import FootageTold, Place
from custom_components.nvr_hotspare.recorder.client import EngineClient
from custom_components.nvr_hotspare.recorder.launch import sockets
from custom_components.nvr_hotspare.recorder.model import ChannelState, Source
from custom_components.nvr_hotspare.recorder.orders import Settings
from custom_components.nvr_hotspare.recorder.report import EngineReport
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.recorder.scripted_camera import eventually
from virtual_nvr.cameras import CamerasConfig, VirtualCameras
from virtual_nvr.clip import ClipFormat
from virtual_nvr.private import Credentials
from virtual_nvr.verify import count, verify

FORMAT = ClipFormat(width=320, height=180, bit_rate=200_000, gop=5)
ACCOUNT = Credentials("viewer", "cellar-door")
SETTINGS = Settings(free_floor=1 << 20)
SECOND = 1_000_000_000


@pytest.fixture
async def places() -> AsyncIterator[list[Place]]:
    config = CamerasConfig(count=3, first_address="127.0.9.1", port=0, format=FORMAT)
    async with VirtualCameras(config, ACCOUNT) as site:
        yield [
            Place(
                key=f"DS-7608 №1/{number}",
                name=f"Camera {number}",
                source=Source(uri=camera.uri, username=ACCOUNT.username, password=ACCOUNT.password),
            )
            for number, camera in site.cameras.items()
        ]


type Make = Callable[..., BuiltinSpare]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Make spares that are stopped in the end, and so is their engine."""
    prepare_folder(tmp_path / "footage")
    async with AsyncExitStack() as stack:

        def build(
            settings: Settings = SETTINGS, capacity: int = 32, folder: str = "footage"
        ) -> BuiltinSpare:
            spare = BuiltinSpare(
                "spare-1", tmp_path / folder, tmp_path / "state", settings, capacity=capacity
            )
            stack.push_async_callback(spare.stop)
            return spare

        yield build


async def attached(spare: BuiltinSpare) -> BuiltinSpare:
    await spare.start()
    await eventually(lambda: spare.report is not None)
    return spare


async def recording(spare: BuiltinSpare, cameras: int) -> None:
    """Wait until so many cameras are confirmed recorded."""
    async with asyncio.timeout(60):
        while True:
            with suppress(UnitUnreachableError):
                states = (await spare.places()).values()
                if sum(state.recording is Recording.YES for state in states) == cameras:
                    return
            await asyncio.sleep(0.05)


def pid_of(spare: BuiltinSpare) -> int:
    assert spare.report
    return spare.report.pid


def process(spare: BuiltinSpare, file: str) -> bytes:
    return Path(f"/proc/{pid_of(spare)}/{file}").read_bytes()


@pytest.mark.parametrize("key", ["DS-7608.N_I/3", "-x/1", "уч/2", "urn:uuid:1-2/10", "a.b/c"])
def test_every_key_has_a_folder_of_its_own(key: str) -> None:
    assert key_of(channel_of(key)) == key
    assert "/" not in channel_of(key)


async def closed(folder: Path) -> None:
    """Wait until the recordings are finished: they go on to where memory begins."""
    async with asyncio.timeout(60):
        while await asyncio.to_thread(lambda: list(folder.rglob("*.open"))):  # noqa: ASYNC110 (a file tells nobody)
            await asyncio.sleep(0.05)


async def test_a_warm_spare_writes_nothing_until_told_and_then_from_before(
    make: Make, places: list[Place], tmp_path: Path
) -> None:
    spare = await attached(make())
    await spare.provision(places)
    await asyncio.sleep(3)
    assert not verify([tmp_path / "footage"])

    told = time.time_ns()
    assert await spare.record(places) == {}
    await recording(spare, 3)
    await asyncio.sleep(1)
    until = time.time_ns() - SECOND // 5
    await spare.release(place.key for place in places)
    await closed(tmp_path / "footage")

    found = verify([tmp_path / "footage"])
    assert len(found) == 3
    for report in found.values():
        assert report.first is not None
        assert report.first < told - 2 * SECOND
        assert report.last is not None
        assert report.last > until - SECOND
        assert (count(report.missing), count(report.doubled)) == (0, 0)
        assert (count(report.damaged), report.out_of_order) == (0, 0)
    states = await spare.places()
    assert {state.commanded for state in states.values()} == {False}
    assert {state.holds_footage for state in states.values()} == {True}


async def test_the_death_of_its_client_costs_no_frame_and_the_next_one_knows(
    make: Make, places: list[Place], tmp_path: Path
) -> None:
    first = await attached(make())
    await first.record(places)
    await recording(first, 3)
    pid = pid_of(first)
    await first.detach()
    await asyncio.sleep(1)
    second = await attached(make())

    assert pid_of(second) == pid
    states = await second.places()
    assert {state.commanded for state in states.values()} == {True}
    assert {state.recording for state in states.values()} == {Recording.YES}
    await second.stop()
    found = verify([tmp_path / "footage"])
    assert [count(report.missing) + count(report.doubled) for report in found.values()] == [0] * 3


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_an_engine_that_ends_is_started_again_and_goes_on(
    make: Make, places: list[Place], tmp_path: Path, number: signal.Signals
) -> None:
    spare = await attached(make())
    await spare.record(places)
    await recording(spare, 3)
    pid = pid_of(spare)
    await asyncio.sleep(2)
    killed = time.time_ns()
    os.kill(pid, number)
    await eventually(lambda: spare.report is not None and pid_of(spare) != pid)
    await recording(spare, 3)
    again = time.time_ns()
    await asyncio.sleep(0.5)
    await spare.release(place.key for place in places)

    await eventually(lambda: not list((tmp_path / "footage").rglob("*.open")))
    fragment = 1.5 * SECOND if number is signal.SIGKILL else 0.5 * SECOND
    for camera, report in verify([tmp_path / "footage"]).items():
        assert (count(report.doubled), count(report.damaged)) == (0, 0)
        assert report.last is not None
        assert report.last > again
        missing = verify([tmp_path / "footage"], end=int(killed - fragment))[camera].missing
        assert count(missing) == 0
        late = verify([tmp_path / "footage"], start=again)[camera]
        assert count(late.missing) == 0


async def test_a_new_engine_with_a_new_client_goes_on_as_soon_as_it_has_its_sources(
    make: Make, places: list[Place]
) -> None:
    first = await attached(make())
    await first.provision(places)
    await first.record(places[:2])
    await recording(first, 2)
    pid = pid_of(first)
    await first.detach()
    os.kill(pid, signal.SIGTERM)
    second = make()
    second.know(places)
    await attached(second)
    await recording(second, 2)

    states = await second.places()
    assert [states[place.key].commanded for place in places] == [True, True, False]
    assert states[places[2].key].provisioned


async def test_without_its_sources_a_new_engine_says_so(make: Make, places: list[Place]) -> None:
    first = await attached(make())
    await first.record(places[:1])
    pid = pid_of(first)
    await first.detach()
    os.kill(pid, signal.SIGKILL)
    second = await attached(make())

    (state,) = (await second.places()).values()
    assert (state.commanded, state.provisioned) == (True, False)
    assert "where the camera is" in state.error
    assert await second.record(places[:1]) == {}
    await recording(second, 1)


async def test_what_only_waits_gives_way_to_what_is_to_be_recorded(
    make: Make, places: list[Place]
) -> None:
    spare = await attached(make(capacity=2))
    with pytest.raises(UnitFullError):
        await spare.provision(places)
    held = [place.key for place in places[:2]]
    assert [key for key, it in (await spare.places()).items() if it.provisioned] == held
    await spare.record(places[:1])
    assert await spare.record([places[2]]) == {}
    full = await spare.record([places[1]])

    assert list(full) == [places[1].key]
    commanded = [key for key, state in (await spare.places()).items() if state.commanded]
    assert commanded == [places[0].key, places[2].key]


async def test_a_cold_spare_connects_when_told_and_lets_go_again(
    make: Make, places: list[Place]
) -> None:
    spare = await attached(make(Settings(warm=False, free_floor=0)))
    await spare.provision(places)
    assert {state.recording for state in (await spare.places()).values()} == {Recording.NO}
    assert spare.report
    await spare.record(places[:1])
    await recording(spare, 1)
    states = [channel.state for channel in (await report_of(spare)).channels.values()]
    assert states == [ChannelState.RECORDING, None, None]
    await spare.release([places[0].key])

    assert {channel.state for channel in (await report_of(spare)).channels.values()} == {None}
    await spare.configure(SETTINGS)
    await eventually(lambda: spare.report is not None and spare.report.ring > 0)


async def report_of(spare: BuiltinSpare) -> EngineReport:
    """Wait for a report that is newer than all that was asked for."""
    before = spare.report
    await eventually(lambda: spare.report is not before)
    assert spare.report
    return spare.report


async def test_footage_is_deleted_only_when_asked_for(
    make: Make, places: list[Place], tmp_path: Path
) -> None:
    spare = await attached(make())
    keys = [place.key for place in places]
    await spare.record(places)
    await recording(spare, 3)
    await spare.release(keys)
    await spare.unprovision(keys)

    states = (await spare.places()).values()
    assert {(state.provisioned, state.holds_footage) for state in states} == {(False, True)}
    await spare.unprovision(keys, delete_footage=True)
    assert await spare.places() == {}
    await eventually(lambda: len(list((tmp_path / "footage").iterdir())) == 1)
    assert await spare.places() == {}


async def test_it_tells_what_footage_it_has_of_each_camera(make: Make, places: list[Place]) -> None:
    spare = await attached(make(Settings(free_floor=1 << 20, warm=False)))
    first, second, _ = places
    began = time.time_ns()
    await spare.record([first])
    await recording(spare, 1)
    await asyncio.sleep(1)
    await spare.release([first.key])
    within = Span(began - SECOND, time.time_ns() + SECOND)

    told = await spare.footage(first.key, within)

    (span,) = told.spans
    assert began - SECOND // 2 < span.start < span.end < within.end
    assert span.length > SECOND
    assert told.exact
    assert await spare.footage(second.key, within) == FootageTold(spans=(), exact=True)
    with pytest.raises(UnitUnsupportedError):
        await spare.replay(first.key)


async def test_after_its_end_nothing_answers_and_only_footage_is_left(
    make: Make, places: list[Place], tmp_path: Path
) -> None:
    spare = await attached(make())
    assert (await spare.identify()).serial == "spare-1"
    assert (await spare.probe()).capacity == 32
    await spare.record(places[:1])
    await recording(spare, 1)
    await spare.heartbeat()
    pid = pid_of(spare)
    await spare.stop()

    with pytest.raises(UnitUnreachableError):
        await spare.heartbeat()
    await eventually(lambda: not Path(f"/proc/{pid}").exists())
    assert not (tmp_path / "state").exists()
    assert list((tmp_path / "footage").rglob("*.mp4"))


async def test_an_engine_of_another_folder_is_replaced(
    make: Make, places: list[Place], tmp_path: Path
) -> None:
    first = await attached(make())
    await first.record(places[:1])
    await recording(first, 1)
    pid = pid_of(first)
    await first.detach()
    prepare_folder(tmp_path / "other")
    second = await attached(make(folder="other"))

    assert pid_of(second) != pid
    await eventually(lambda: not Path(f"/proc/{pid}").exists())


async def test_an_engine_that_listens_to_another_is_ended_as_soon_as_it_can_be_told(
    make: Make, tmp_path: Path
) -> None:
    spare = await attached(make())
    pid = pid_of(spare)
    await spare.detach()
    address = next(filter(Path.exists, sockets(tmp_path / "state")))
    other = await EngineClient.connect(address, "0", lambda _: None)
    stopping = asyncio.create_task(spare.stop())
    await asyncio.sleep(0.5)
    assert not stopping.done()
    await other.close()
    await stopping

    await eventually(lambda: not Path(f"/proc/{pid}").exists())


async def test_no_secret_reaches_disk_or_arguments(
    make: Make, places: list[Place], tmp_path: Path
) -> None:
    spare = await attached(make())
    await spare.record(places)
    await recording(spare, 3)
    files = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]

    assert {path.name for path in files} >= {"engine.json", "engine.log"}
    arguments = process(spare, "cmdline")
    for data in (arguments, *(path.read_bytes() for path in files)):
        assert ACCOUNT.password.encode() not in data
        assert b"rtsp://" not in data
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "state").rglob("*")} == {0}
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "footage").rglob("*")} == {0}


async def test_it_never_loads_home_assistant(make: Make) -> None:
    spare = await attached(make())
    maps = process(spare, "maps")

    assert b"_asyncio" in maps
    for library in (b"aiohttp", b"orjson", b"sqlalchemy"):
        assert library not in maps
