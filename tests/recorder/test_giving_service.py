"""Engines that are asked to give footage back, by a client and over the socket."""

import asyncio
from dataclasses import replace
import os
from pathlib import Path
import threading
import time

import pytest

from custom_components.nvr_hotspare.recorder.archive import MARK as ARCHIVE_MARK
from custom_components.nvr_hotspare.recorder.client import EngineClient
from custom_components.nvr_hotspare.recorder.errors import RequestError
from custom_components.nvr_hotspare.recorder.giving import service as giving_module
from custom_components.nvr_hotspare.recorder.giving.model import (
    Covered,
    Target,
    TransferProblem,
    TransferReport,
    TransferState,
)
from custom_components.nvr_hotspare.recorder.giving.naming import VIRTUAL_NVR
from custom_components.nvr_hotspare.recorder.lease import DEPUTY
from custom_components.nvr_hotspare.recorder.listener import Listener
from custom_components.nvr_hotspare.recorder.messages import (
    Desist,
    GiveBack,
    Inspect,
    Pace,
    Provision,
    Record,
    Release,
)
from custom_components.nvr_hotspare.recorder.orders import OrdersFile
from custom_components.nvr_hotspare.recorder.report import EngineReport
from custom_components.nvr_hotspare.recorder.returned import returned
from custom_components.nvr_hotspare.recorder.service import Service
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.recorder.engine_lab import EngineLab, cameras, until
from tests.recorder.footage import START
from tests.recorder.giving_lab import RATE, SECOND, numbers, seconds, store
from tests.recorder.scripted_camera import eventually
from virtual_nvr.verify import count, verify

SLOW = 20_000
"""Bytes per second: of the small clip, 0.8 s of footage."""


class Lab(EngineLab):
    """An engine with footage of the channel `yard`, and a working device's folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.device = folder / "device"
        self.device.mkdir()

    def target(self, channel: int = 1) -> Target:
        return Target(folder=str(self.device), template=VIRTUAL_NVR, channel=channel)

    def job(self, name: str, *gaps: Span, channel: str = "yard", number: int = 1) -> GiveBack:
        window = Span(START - SECOND, START + 1000 * SECOND)
        return GiveBack(
            job=name, channel=channel, window=window, gaps=gaps, target=self.target(number)
        )

    def given(self, number: int = 1) -> list[int]:
        return sorted(numbers((self.device / f"recording-channel-{number}").glob("*.mp4")))

    async def mark(self, client: EngineClient) -> None:
        assert (await client.inspect(self.target(), mark=True)).error == ""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def is_done(report: EngineReport) -> bool:
    return bool(report.transfers) and not any(it.active for it in report.transfers.values())


def every(begin: int, end: int) -> list[int]:
    return [*range(begin * RATE, end * RATE)]


async def finished(client: EngineClient) -> TransferReport:
    (report,) = (await until(client, is_done)).transfers.values()
    return report


async def test_footage_is_given_back_and_told(lab: Lab) -> None:
    path = store(lab.footage, "yard", 0, 10)
    async with lab.engine(), lab.client() as client:
        await lab.mark(client)
        assert await client.held("yard", seconds(-5, 5)) == Covered(spans=(seconds(0, 5),))
        await client.request(lab.job("one", seconds(0, 10)))
        report = await finished(client)
        assert (report.state, report.channel) == (TransferState.DONE, "yard")
        assert (await client.look(lab.target(), seconds(-5, 50))).spans == (seconds(0, 10),)
        await client.request(Desist(jobs=("one", "another")))
        assert (await client.status()).transfers == {}
    assert lab.given() == every(0, 10)
    assert returned(path.parent) >= {path.name}


async def test_a_job_that_failed_is_tried_again_when_it_is_asked_for_again(lab: Lab) -> None:
    store(lab.footage, "yard", 0, 10)
    async with lab.engine(), lab.client() as client:
        await client.request(lab.job("one", seconds(0, 10)))
        assert (await finished(client)).problem is TransferProblem.FOLDER_GONE
        await lab.mark(client)
        await client.request(lab.job("one", seconds(0, 10)))
        assert (await finished(client)).state is TransferState.DONE
    assert lab.given() == every(0, 10)


async def test_the_same_again_disturbs_nothing(lab: Lab) -> None:
    store(lab.footage, "yard", 0, 20)
    async with lab.engine(), lab.client() as client:
        await lab.mark(client)
        await client.request(Pace(bandwidth=400_000))
        for _ in range(10):
            await client.request(lab.job("one", seconds(0, 20)))
            await asyncio.sleep(0.05)
        assert (await finished(client)).clips == 1
    assert lab.given() == every(0, 20)


async def test_a_killed_engine_goes_on_where_it_was(lab: Lab) -> None:
    for begin in range(0, 40, 10):
        store(lab.footage, "yard", begin, begin + 10)
    job = lab.job("one", seconds(3, 37))
    async with lab.engine() as process, lab.client() as client:
        await lab.mark(client)
        await client.request(Pace(bandwidth=400_000))
        await client.request(job)
        await until(client, lambda report: report.transfers["one"].clips >= 1)
        process.kill()
        await process.wait()
    async with lab.engine(), lab.client() as client:
        assert (await client.status()).transfers == {}
        await client.request(job)
        report = await finished(client)
        assert (report.clips, report.frames, report.missing) == (4, 34 * RATE, ())
    assert lab.given() == every(3, 37)
    assert not list(lab.device.rglob("*.partial"))


async def test_a_few_jobs_go_on_at_once_the_oldest_first(lab: Lab) -> None:
    for number in range(1, 5):
        store(lab.footage, f"yard{number}", 10 * number, 10 * number + 10)
    async with lab.engine(), lab.client() as client:
        await lab.mark(client)
        await client.request(Pace(bandwidth=SLOW, concurrent=1))
        for number in (3, 4, 2, 1):
            gap = seconds(10 * number, 10 * number + 10)
            job = lab.job(f"job-{number}", gap, channel=f"yard{number}", number=number)
            await client.request(job)
        report = await until(
            client, lambda report: report.transfers["job-3"].state is TransferState.COPYING
        )
        waiting = [
            name for name, it in report.transfers.items() if it.state is TransferState.WAITING
        ]
        assert sorted(waiting) == ["job-1", "job-2", "job-4"]
        await client.request(Desist(jobs=("job-3",)))
        await until(client, lambda report: report.transfers["job-1"].state is TransferState.COPYING)
        await client.request(Pace(concurrent=2))
        await until(client, is_done)
    assert [len(lab.given(number)) for number in range(1, 5)] == [250, 250, 0, 250]


async def test_bandwidth_is_kept_to_by_all_jobs_together(lab: Lab) -> None:
    for number in (1, 2):
        store(lab.footage, f"yard{number}", 0, 10)
    size = sum(path.stat().st_size for path in lab.footage.rglob("*.mp4"))
    async with lab.engine(), lab.client() as client:
        await lab.mark(client)
        await client.request(Pace(bandwidth=size // 2))
        begin = time.monotonic()
        for number in (1, 2):
            job = lab.job(f"{number}", seconds(0, 10), channel=f"yard{number}", number=number)
            await client.request(job)
        await until(client, is_done)
        assert time.monotonic() - begin > 1.0


async def test_channels_with_the_same_names_are_refused(lab: Lab) -> None:
    store(lab.footage, "yard", 0, 10)
    async with lab.engine(), lab.client() as client:
        await lab.mark(client)
        one = lab.job("one", seconds(0, 10))
        two = lab.job("two", seconds(0, 10), number=2)
        for job in (one, two):
            target = replace(job.target, template="%Y-%m-%d/%H-%M-%S.mp4")
            await client.request(replace(job, target=target))
        report = await until(client, is_done)
        assert report.transfers["one"].state is TransferState.DONE
        assert report.transfers["two"].problem is TransferProblem.NAME_INVALID


@pytest.mark.parametrize("name", ["../one", "", ".one", "a" * 200, "a/b"])
async def test_a_job_or_channel_that_can_not_be_a_files_name_is_refused(
    lab: Lab, name: str
) -> None:
    async with lab.engine(), lab.client() as client:
        for job in (lab.job(name), lab.job("one", channel=name)):
            with pytest.raises(RequestError, match="name"):
                await client.request(job)
        assert (await client.status()).transfers == {}


async def test_a_disk_that_hangs_keeps_no_other_request_waiting(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = threading.Event()
    monkeypatch.setattr(giving_module, "look", lambda *_: disk.wait() and Covered())
    service = Service(lab.footage, OrdersFile(lab.state / "engine.json"), "1.2.3")
    listener = Listener(service)
    await service.start()
    await listener.start(lab.socket)
    try:
        async with lab.client() as client:
            looks = [
                asyncio.create_task(client.look(lab.target(), seconds(0, 1))) for _ in range(3)
            ]
            assert (await client.status()).pid == os.getpid()
            assert not any(look.done() for look in looks)
            disk.set()
            assert await asyncio.gather(*looks) == [Covered()] * 3
    finally:
        disk.set()
        listener.close()
        await service.stop()


async def test_cameras_are_recorded_whole_while_footage_is_given_back(lab: Lab) -> None:
    for begin in range(0, 600, 60):
        store(lab.footage, "yard", begin, begin + 60)
    async with cameras(4, "127.0.46.1") as sources, lab.engine(), lab.client() as client:
        await lab.mark(client)
        await client.request(Provision(sources=sources))
        await client.request(Record(channels=tuple(sources)))
        await until(client, all_live)
        begin = time.time_ns()
        await client.request(lab.job("one", seconds(0, 600)))
        assert (await finished(client)).frames == 600 * RATE
        await asyncio.sleep(1.5)
        end = time.time_ns() - SECOND
        await client.request(Release(channels=tuple(sources)))
        await eventually(lambda: not list(lab.footage.rglob("*.open")))
    reports = verify([lab.footage / name for name in sources], begin, end)
    assert len(reports) == 4
    assert [count(report.missing) for report in reports.values()] == [0] * 4


def all_live(report: EngineReport) -> bool:
    return sum(channel.frames > 0 for channel in report.channels.values()) == 4


async def test_a_courier_marks_its_own_folder(lab: Lab) -> None:
    lab.footage = lab.state / "footage"
    async with lab.engine(), lab.client() as client:
        assert (lab.footage / ARCHIVE_MARK).is_file()
        assert (await client.status()).storage.error == ""


async def test_an_engine_that_nobody_talks_to_ends_when_all_is_given(lab: Lab) -> None:
    store(lab.footage, "yard", 0, 10)
    service = Service(lab.footage, OrdersFile(lab.state / "engine.json"), "1.2.3")
    await service.start()
    try:
        await service.answer(Inspect(target=lab.target(), mark=True), DEPUTY)
        await service.answer(Pace(bandwidth=SLOW), DEPUTY)
        await service.answer(lab.job("one", seconds(0, 10)), DEPUTY)
        assert await service.let_go()
        await service.answer(Pace(), DEPUTY)
        while service.report().transfers["one"].active:  # noqa: ASYNC110 (a thread is at work)
            await asyncio.sleep(0.05)
        assert not await service.let_go()
    finally:
        await service.stop()
    assert lab.given() == every(0, 10)
