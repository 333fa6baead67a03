"""The engine's process: started, killed, asked to end, and on a disk that fails it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
import errno
import os
from pathlib import Path
import shutil
import socket
import time

import pytest

from custom_components.nvr_hotspare.recorder.archive import MARK
from custom_components.nvr_hotspare.recorder.errors import EngineGoneError
from custom_components.nvr_hotspare.recorder.launch import launch, sockets
from custom_components.nvr_hotspare.recorder.messages import (
    Provision,
    Record,
    Release,
    Remove,
    Stop,
)
from custom_components.nvr_hotspare.recorder.model import Source
from custom_components.nvr_hotspare.recorder.report import StorageState
from tests.recorder.engine_lab import EngineLab, all_recording, cameras, until
from tests.recorder.footage import decode
from tests.recorder.scripted_camera import eventually
from tests.recorder.small_disk import SmallDisk, small_disk
from virtual_nvr.verify import count, verify

SECOND = 1_000_000_000


@pytest.fixture
def lab(tmp_path: Path) -> EngineLab:
    return EngineLab(tmp_path)


@pytest.fixture
async def sources() -> AsyncIterator[Mapping[str, Source]]:
    async with cameras(2, "127.0.10.1") as sources:
        yield sources


async def record(lab: EngineLab, sources: Mapping[str, Source]) -> None:
    """Have all be recorded, and go."""
    async with lab.client() as client:
        await client.request(Provision(sources=sources))
        assert not (await client.attempt(Record(channels=tuple(sources)))).failures
        await until(client, all_recording)


def open_files(lab: EngineLab) -> list[Path]:
    return sorted(lab.footage.rglob("*.open"))


async def test_sigterm_closes_all_files_and_keeps_the_orders(
    lab: EngineLab, sources: Mapping[str, Source]
) -> None:
    async with lab.engine() as process:
        await record(lab, sources)
        await asyncio.sleep(0.5)
        before = time.time_ns()
        process.terminate()
        async with asyncio.timeout(60):
            assert await process.wait() == 0

    assert not open_files(lab)
    assert not lab.socket.exists()
    for report in verify([lab.footage]).values():
        assert report.last is not None
        assert report.last > before - SECOND // 5
        assert not report.missing
    async with lab.engine(), lab.client() as client:
        report_ = await client.status()
        assert {channel.recorded for channel in report_.channels.values()} == {True}
        assert {channel.has_source for channel in report_.channels.values()} == {False}
        await client.request(Provision(sources=sources))
        await until(client, all_recording)


@pytest.mark.parametrize("delay", [0.0, 0.3, 1.0, 1.7])
async def test_a_kill_at_any_moment_costs_the_fragment_in_flight(
    lab: EngineLab, sources: Mapping[str, Source], delay: float
) -> None:
    async with lab.engine() as process:
        await record(lab, sources)
        began = time.time_ns()
        await asyncio.sleep(delay)
        killed = time.time_ns()
        process.kill()
        await process.wait()
    assert open_files(lab)
    whole = {path: path.read_bytes() for path in lab.footage.rglob("*.mp4")}
    async with lab.engine():
        pass

    assert not open_files(lab)
    assert all(path.read_bytes() == data for path, data in whole.items())
    for path in lab.footage.rglob("*.mp4"):
        assert (await decode(path))[1] == ""
    for number, report in verify([lab.footage], began, killed - SECOND).items():
        assert not report.missing, number
        assert not report.damaged


async def test_one_takeover_right_after_another_costs_no_frame(
    lab: EngineLab, sources: Mapping[str, Source]
) -> None:
    async with lab.engine() as process, lab.client() as client:
        await client.request(Provision(sources=sources))
        await client.attempt(Record(channels=tuple(sources)))
        await until(client, all_recording)
        began = time.time_ns()
        for pause in (0.0, 0.03, 0.09, 0.14, 0.3, 0.6):
            await client.request(Release(channels=tuple(sources)))
            await asyncio.sleep(pause)
            await client.attempt(Record(channels=tuple(sources)))
            await asyncio.sleep(0.35)
        ended = time.time_ns()
        await asyncio.sleep(1)  # what has arrived waits up to 0.8 s to be read
        await client.request(Stop())
        await process.wait()
    assert not open_files(lab)

    for number, report in verify([lab.footage], began, ended).items():
        assert not report.missing, number
        assert not report.doubled, number


async def test_a_second_engine_on_the_same_folder_does_not_start(lab: EngineLab) -> None:
    async with lab.engine():
        shutil.copytree(lab.state, lab.state.with_name("other"), ignore=lambda *_: ["engine.sock"])
        lab.state = lab.state.with_name("other")
        lab.socket = lab.state / "engine.sock"
        with pytest.raises(AssertionError, match="Another engine works"):
            async with lab.engine():
                pass


async def test_a_second_engine_with_the_same_orders_does_not_start(lab: EngineLab) -> None:
    async with lab.engine():
        with pytest.raises(AssertionError, match="Another engine works"):
            async with lab.engine():
                pass
        async with lab.client() as client:
            await client.status()


async def test_its_socket_and_files_are_for_its_owner_alone(
    lab: EngineLab, sources: Mapping[str, Source]
) -> None:
    async with lab.engine():
        await record(lab, sources)
        paths = [lab.socket, *lab.state.iterdir(), *lab.footage.rglob("*")]

        assert {path.stat().st_mode & 0o077 for path in paths} == {0}


async def test_a_launched_engine_goes_on_by_itself(tmp_path: Path) -> None:
    lab = EngineLab(tmp_path / ("deep" * 30))
    await asyncio.to_thread(launch, lab.state, lab.footage)
    (lab.socket,) = sockets(lab.state)
    assert len(os.fsencode(lab.socket)) <= 107
    assert lab.socket.parent.stat().st_mode & 0o777 == 0o700
    async with lab.client() as client:
        pid = client.welcome.pid
        assert os.getsid(pid) == pid
        await client.request(Stop())
    await eventually(lambda: not Path(f"/proc/{pid}").exists())
    assert not lab.socket.parent.exists()


async def test_where_a_folder_can_have_no_socket_it_is_elsewhere(
    lab: EngineLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a network share; the state lies in the folder all the same."""

    class Socket(socket.socket):
        def bind(self, address: object) -> None:
            if str(address).startswith(str(lab.state)):
                raise OSError(errno.EPERM, "Operation not permitted")
            super().bind(address)  # type: ignore[arg-type]  # as the caller has it

    monkeypatch.setattr(socket, "socket", Socket)
    await asyncio.to_thread(launch, lab.state, lab.footage)
    _, lab.socket = sockets(lab.state)
    assert lab.socket.parent.stat().st_mode & 0o777 == 0o700
    async with lab.client() as client:
        assert not list(lab.state.glob("*.sock"))
        assert (lab.state / "engine.json").is_file()
        await client.request(Stop())
    await eventually(lambda: not lab.socket.parent.exists())


async def test_a_folder_of_somebody_else_is_no_place_for_the_socket(tmp_path: Path) -> None:
    """In the folder for everybody, anybody may have made one of that name."""
    state = tmp_path / ("deep" * 30)
    (address,) = sockets(state)
    trap = tmp_path / "trap"
    trap.mkdir()
    address.parent.symlink_to(trap)
    try:
        with pytest.raises(EngineGoneError, match="no place"):
            await asyncio.to_thread(launch, state, tmp_path)
    finally:
        address.parent.unlink()

    assert not list(trap.iterdir())


async def test_why_an_engine_does_not_start_is_told(lab: EngineLab) -> None:
    (lab.state / "engine.lock").mkdir()
    with pytest.raises(EngineGoneError, match="Is a directory"):
        await asyncio.to_thread(launch, lab.state, lab.footage)


async def test_damaged_orders_do_not_keep_it_from_starting(lab: EngineLab) -> None:
    for damage in (b"", b"{", b"[]", b'{"channels": {"a": 1}}', b"[" * 100_000, bytes(1000)):
        (lab.state / "engine.json").write_bytes(damage)
        async with lab.engine(), lab.client() as client:
            assert not (await client.status()).channels


@pytest.fixture
async def small(lab: EngineLab) -> AsyncIterator[SmallDisk]:
    async with small_disk(lab, lab.footage, MARK, "400k") as small:
        yield small


async def test_a_full_disk_is_told_at_once_and_recording_resumes_when_there_is_room(
    lab: EngineLab, sources: Mapping[str, Source], small: SmallDisk
) -> None:
    async with lab.client() as client:
        await client.request(Provision(sources=sources))
        await client.attempt(Record(channels=tuple(sources)))
        await until(client, all_recording)
        full = await until(client, lambda it: it.storage.state is StorageState.UNAVAILABLE)
        assert "No space left" in full.storage.error
        await asyncio.sleep(1)
        before = {path: path.read_bytes() for path in small.folder.rglob("*.mp4")}
        assert before
        await client.request(Remove(channels=("camera2",), delete_footage=True))
        await until(client, lambda it: len(it.channels) == 1 and all_recording(it))
        after = {path: path.read_bytes() for path in small.folder.rglob("*.mp4")}

        assert all(after[path] == data for path, data in before.items() if path in after)
        for report in verify([small.folder]).values():
            assert (count(report.damaged), count(report.doubled)) == (0, 0)
            assert report.out_of_order == 0


async def test_a_disk_that_vanishes_is_told_and_no_other_disk_is_filled(
    lab: EngineLab, sources: Mapping[str, Source], small: SmallDisk
) -> None:
    (lab.footage / MARK).unlink()
    async with lab.client() as client:
        await client.request(Provision(sources=sources))
        await client.attempt(Record(channels=tuple(sources)))
        await until(client, all_recording)
        await small.take_away()
        gone = await until(client, lambda it: it.storage.state is StorageState.UNAVAILABLE)
        await asyncio.sleep(1)

        assert "gone" in gone.storage.error
        assert not list(lab.footage.iterdir())
        (lab.footage / MARK).touch()
        back = await until(client, all_recording)
        assert not back.storage.error


async def test_a_read_only_disk_is_told_and_what_was_kept_meanwhile_is_written(
    lab: EngineLab, sources: Mapping[str, Source], small: SmallDisk
) -> None:
    async with lab.client() as client:
        await client.request(Provision(sources=sources))
        await small.remount("ro")
        await client.attempt(Record(channels=tuple(sources)))
        told = time.time_ns()
        failed = await until(client, lambda it: it.storage.state is StorageState.UNAVAILABLE)
        assert "ead-only" in failed.storage.error or "only be read" in failed.storage.error
        await asyncio.sleep(1)
        await small.remount("rw")
        await until(client, all_recording)
        await asyncio.sleep(0.5)

        for report in verify([small.folder]).values():
            assert report.first is not None
            assert report.first < told + SECOND // 2
            assert not report.missing


async def test_it_opens_no_port(lab: EngineLab, sources: Mapping[str, Source]) -> None:
    async with lab.engine() as process:
        await record(lab, sources)
        states = tcp_states(process.pid)

        assert ESTABLISHED in states  # with cameras
        assert LISTEN not in states


ESTABLISHED, LISTEN = "01", "0A"


def tcp_states(process: int) -> set[str]:
    """Return in what states the TCP sockets of a process are (proc_net_tcp of the kernel)."""
    folder = Path(f"/proc/{process}")
    own = set[str]()
    for descriptor in (folder / "fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            own.add(str(descriptor.readlink()))
    tables = "".join((folder / "net" / it).read_text() for it in ("tcp", "tcp6"))
    rows = [it.split() for it in tables.splitlines()]
    return {row[3] for row in rows if f"socket:[{row[9]}]" in own}
