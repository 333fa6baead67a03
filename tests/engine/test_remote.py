"""An engine on a machine of its own, driven over the network: a real process behind real TLS."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
import signal
import ssl
import stat
import time

import pytest

from custom_components.nvr_hotspare.nvr.engine import RemoteEngine
from custom_components.nvr_hotspare.nvr.errors import (
    UnitCredentialsError,
    UnitFullError,
    UnitRequestError,
    UnitUnreachableError,
)
from custom_components.nvr_hotspare.nvr.model import Place
from custom_components.nvr_hotspare.recorder.errors import (
    EngineTakenError,
    SourceNotFoundError,
    SourceRejectedError,
)
from custom_components.nvr_hotspare.recorder.giving.model import Replay
from custom_components.nvr_hotspare.recorder.messages import MAX_LINE, Hello, encode_request
from custom_components.nvr_hotspare.recorder.model import Source, VideoFrame
from custom_components.nvr_hotspare.recorder.orders import Settings
from custom_components.nvr_hotspare.recorder.remote.visit import enter, look, pair
from custom_components.nvr_hotspare.recorder.replay import open_replay
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.engine.outpost_lab import GROUP, OutpostLab, driven, eventually, recording
from virtual_nvr.cameras import CamerasConfig, VirtualCameras
from virtual_nvr.clip import ClipFormat
from virtual_nvr.private import Credentials
from virtual_nvr.verify import count, verify

FORMAT = ClipFormat(width=320, height=180, bit_rate=200_000, gop=5)
ACCOUNT = Credentials("viewer", "cellar-door")
SECOND = 1_000_000_000


@pytest.fixture
async def places() -> AsyncIterator[list[Place]]:
    config = CamerasConfig(count=2, first_address="127.0.63.1", port=0, format=FORMAT)
    async with VirtualCameras(config, ACCOUNT) as site:
        yield [
            Place(
                key=f"nvr/{number}",
                name=f"Camera {number}",
                source=Source(uri=camera.uri, username=ACCOUNT.username, password=ACCOUNT.password),
            )
            for number, camera in site.cameras.items()
        ]


@pytest.fixture
def lab(tmp_path: Path) -> OutpostLab:
    return OutpostLab(tmp_path)


async def test_it_records_what_it_is_told_and_gives_the_footage_back(
    lab: OutpostLab, places: list[Place]
) -> None:
    async with lab.engine():
        pairing = await lab.pair()
        async with driven(lab, pairing) as spare:
            assert (await spare.probe()).capacity == 32
            assert await spare.record(places) == {}
            await recording(spare, 2)
            began = time.time_ns()
            await asyncio.sleep(2)
            ended = time.time_ns()
            await spare.release(place.key for place in places)

            told = await spare.footage(places[0].key, Span(began, ended))
            assert sum(span.length for span in told.spans) > SECOND
            replay = await spare.replay(places[0].key)
            times = await replayed(replay, Span(began, ended - SECOND // 2))
            assert times[0] <= began
            assert times == sorted(times)
            assert len(times) > 15
            with pytest.raises(UnitRequestError):
                await spare.replay("nvr/7")
    assert await asyncio.to_thread(list, (lab.footage / GROUP).rglob("*.mp4"))


async def replayed(replay: Replay, span: Span) -> list[int]:
    async with asyncio.timeout(30), open_replay(replay, span) as stream:
        return [frame.time async for _, frame in stream if isinstance(frame, VideoFrame)]


async def test_no_footage_without_the_key_nor_from_who_is_another(
    lab: OutpostLab, places: list[Place]
) -> None:
    span = Span(time.time_ns() - SECOND, time.time_ns() + 60 * SECOND)
    async with lab.engine(), driven(lab, await lab.pair()) as spare:
        await spare.record(places[:1])
        await recording(spare, 1)
        right = await spare.replay(places[0].key)
        with pytest.raises(SourceRejectedError):
            await replayed(changed(right, password="0" * 64), span)
        with pytest.raises(SourceRejectedError, match="certificate"):
            await replayed(changed(right, fingerprint="0" * 64), span)
        with pytest.raises(SourceNotFoundError):
            await replayed(changed(right, uri=right.uri + "9"), span)
        with pytest.raises(SourceNotFoundError):
            await replayed(changed(right, uri=right.uri.replace("/nvr", "/../nvr")), span)
    assert right.password not in repr(right)


def changed(replay: Replay, *, uri: str = "", password: str = "", fingerprint: str = "") -> Replay:
    return Replay(
        uri=uri or replay.uri,
        username=replay.username,
        password=password or replay.password,
        fingerprint=fingerprint or replay.fingerprint,
    )


async def test_it_goes_on_after_its_service_was_killed_and_its_client_comes_back(
    lab: OutpostLab, places: list[Place]
) -> None:
    async with lab.engine() as first:
        pairing = await lab.pair()
        async with driven(lab, pairing) as spare:
            await spare.record(places)
            await recording(spare, 2)
            pid = pid_of(spare)
            first.kill()
            await first.wait()
            with pytest.raises(UnitUnreachableError):
                await spare.heartbeat()
            async with lab.engine():
                await eventually(lambda: spare.report is not None and pid_of(spare) != pid)
                await recording(spare, 2)
                again = time.time_ns()
                await asyncio.sleep(1)
                await spare.release(place.key for place in places)
    assert len(lab.codes) == 1
    for report in verify([lab.footage / GROUP], start=again).values():
        assert report.last
        assert count(report.missing) == 0


def pid_of(spare: RemoteEngine) -> int:
    return spare.report.pid if spare.report else 0


async def test_told_to_restart_it_comes_back_and_goes_on(
    lab: OutpostLab, places: list[Place]
) -> None:
    async with lab.engine() as process:
        async with driven(lab, await lab.pair()) as spare:
            await spare.record(places)
            await recording(spare, 2)
            reports = list[object]()
            spare.listen(lambda: reports.append(spare.report))
            await spare.restart()
            await eventually(lambda: None in reports)
            await recording(spare, 2)
        assert process.returncode is None


async def test_a_second_group_is_refused_with_words(lab: OutpostLab) -> None:
    async with lab.engine(), driven(lab, await lab.pair()) as spare:
        with pytest.raises(EngineTakenError, match="another group"):
            await pair(lab.host, lab.port, lab.codes[-1], "another")
        await spare.heartbeat()


async def test_after_unpairing_the_next_group_finds_nothing_of_the_first(
    lab: OutpostLab, places: list[Place]
) -> None:
    async with lab.engine():
        first = await lab.pair()
        async with driven(lab, first) as spare:
            await spare.record(places[:1])
            await recording(spare, 1)
            await spare.unpair()
            await eventually(lambda: len(lab.codes) == 2)
            await eventually(lambda: refuses(spare))
        second = await pair(lab.host, lab.port, lab.codes[-1], "second")
        async with driven(lab, second) as spare:
            assert await spare.places() == {}
            with pytest.raises(UnitRequestError):
                await spare.replay(places[0].key)
        folders = await asyncio.to_thread(lambda: {it.name for it in lab.state.iterdir()})
    assert folders & {GROUP, "second"} == {"second"}
    assert await asyncio.to_thread(list, (lab.footage / GROUP).rglob("*.mp4"))


def refuses(spare: RemoteEngine) -> bool:
    return "key" in spare._attendant.error


async def test_a_driver_whose_key_counts_no_more_says_so(lab: OutpostLab) -> None:
    async with lab.engine():
        pairing = await lab.pair()
        async with driven(lab, pairing):
            pass
    async with lab.engine("--unpair"):
        spare = RemoteEngine("spare-2", lab.endpoint, pairing, Settings())
        await spare.start()
        await eventually(lambda: refuses(spare))
        with pytest.raises(UnitCredentialsError, match="does not accept the key"):
            await spare.heartbeat()
        await spare.detach()
    assert len(lab.codes) == 2


async def test_where_nothing_listens_it_is_unreachable(lab: OutpostLab) -> None:
    async with lab.engine():
        pairing = await lab.pair()
    spare = RemoteEngine("spare-2", lab.endpoint, pairing, Settings())
    await spare.start()
    await eventually(lambda: "No engine answers" in spare._attendant.error)
    with pytest.raises(UnitUnreachableError, match="No engine answers"):
        await spare.heartbeat()
    await spare.detach()


async def test_its_owner_says_how_many_cameras_and_how_much_space(
    lab: OutpostLab, places: list[Place]
) -> None:
    lab.configure("[limits]\ncameras = 1\nspace = 3\n")
    async with lab.engine(), driven(lab, await lab.pair()) as spare:
        assert (await spare.probe()).capacity == 1
        with pytest.raises(UnitFullError):
            await spare.provision(places)
        await eventually(lambda: spare.report is not None and limit_of(spare) == 3 * 10**9)
        await spare.configure(Settings(space_limit=2 * 10**9))
        await eventually(lambda: limit_of(spare) == 2 * 10**9)


def limit_of(spare: RemoteEngine) -> int:
    return spare.report.storage.limit if spare.report else 0


@pytest.mark.parametrize(
    "said",
    [
        b"\xff\xfe\n",
        b'{"id": 2, "do": "stop"}\n' * 2,
        b"x" * (2 * MAX_LINE) + b"\n",
        b"\n" * 100_000,
    ],
    ids=["garbage", "again", "oversized", "empty"],
)
async def test_a_group_that_turns_hostile_is_hung_up_on_and_no_more(
    lab: OutpostLab, said: bytes
) -> None:
    async with lab.engine() as process:
        pairing = await lab.pair()
        reader, writer = await enter(lab.host, lab.port, pairing)
        writer.write(encode_request(1, Hello(protocol=1, version="0")))
        writer.write(said)
        async with asyncio.timeout(60):
            with suppress(ConnectionError, ssl.SSLError):
                await reader.read()
        writer.transport.abort()
        async with driven(lab, pairing) as spare:
            await spare.heartbeat()
        assert process.returncode is None


async def test_on_sigterm_it_closes_its_files_and_ends_in_peace(
    lab: OutpostLab, places: list[Place]
) -> None:
    async with lab.engine() as process:
        async with driven(lab, await lab.pair()) as spare:
            await spare.record(places)
            await recording(spare, 2)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            assert await process.wait() == 0
    assert not await asyncio.to_thread(list, lab.footage.rglob("*.open"))
    assert await asyncio.to_thread(list, lab.footage.rglob("*.mp4"))


async def test_told_to_end_while_it_starts_it_ends(lab: OutpostLab) -> None:
    async with lab.engine():
        _, writer = await enter(lab.host, lab.port, await lab.pair())
        writer.close()
    async with asyncio.timeout(30), lab.engine() as process:
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def test_without_its_folder_it_is_not_paired(lab: OutpostLab) -> None:
    async with lab.engine():
        pairing = await lab.pair()
        lab.footage.rmdir()
        spare = RemoteEngine("spare-2", lab.endpoint, pairing, Settings())
        await spare.start()
        await eventually(lambda: "nowhere to put footage" in spare._attendant.error)
        assert not (await look(lab.host, lab.port)).paired
        lab.footage.mkdir()
        await eventually(lambda: spare.report is not None)
        await spare.detach()


async def test_no_secret_is_logged_or_readable_by_others(
    lab: OutpostLab, places: list[Place]
) -> None:
    async with lab.engine() as process:
        pairing = await lab.pair()
        async with driven(lab, pairing) as spare:
            await spare.record(places)
            await recording(spare, 2)
            arguments = await asyncio.to_thread(Path(f"/proc/{process.pid}/cmdline").read_bytes)
        files = await asyncio.to_thread(
            lambda: [path for path in lab.state.rglob("*") if path.is_file()]
        )
    for secret in (pairing.key, lab.codes[0], ACCOUNT.password, "rtsp://"):
        assert secret.encode() not in lab.said
        assert secret.encode() not in arguments
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in files} == {0}
    assert not any(ACCOUNT.password.encode() in path.read_bytes() for path in files)
