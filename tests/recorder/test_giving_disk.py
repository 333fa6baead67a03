"""A working device's folder on a real disk that fills up, can only be read, or goes away."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from custom_components.nvr_hotspare.recorder.giving.model import (
    Target,
    TransferProblem,
    TransferState,
)
from custom_components.nvr_hotspare.recorder.giving.naming import VIRTUAL_NVR
from custom_components.nvr_hotspare.recorder.giving.target import MARK
from custom_components.nvr_hotspare.recorder.messages import Desist, GiveBack, Pace
from custom_components.nvr_hotspare.recorder.report import EngineReport
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.recorder.engine_lab import EngineLab, until
from tests.recorder.footage import START
from tests.recorder.giving_lab import RATE, SECOND, numbers, seconds, store
from tests.recorder.scripted_camera import eventually
from tests.recorder.small_disk import SmallDisk, small_disk

CLIPS, LENGTH = 3, 10
"""What the spare has: so many clips of so many seconds."""
PACE = Pace(bandwidth=300_000)
"""Bytes per second: a clip takes about one."""
MIDDLE = 100_000
"""A byte amid a clip."""
EVERY_FRAME = [*range(CLIPS * LENGTH * RATE)]


@pytest.fixture
def lab(tmp_path: Path) -> EngineLab:
    lab = EngineLab(tmp_path)
    for number in range(CLIPS):
        store(lab.footage, "yard", number * LENGTH, (number + 1) * LENGTH)
    return lab


@pytest.fixture
async def disk(lab: EngineLab, tmp_path: Path) -> AsyncIterator[SmallDisk]:
    place = tmp_path / "device"
    place.mkdir()
    async with small_disk(lab, place, MARK, "80m") as disk:
        yield disk


@pytest.fixture
def job(tmp_path: Path) -> GiveBack:
    return GiveBack(
        job="job",
        channel="yard",
        window=Span(START - SECOND, START + 1000 * SECOND),
        gaps=(seconds(0, CLIPS * LENGTH),),
        target=Target(folder=str(tmp_path / "device"), template=VIRTUAL_NVR, channel=1),
    )


def under_way(report: EngineReport) -> bool:
    """Tell whether a clip was given and the next one is on its way."""
    return report.transfers["job"].clips > 0


def ended(report: EngineReport) -> bool:
    return not report.transfers["job"].active


def frames(disk: SmallDisk) -> list[int]:
    return sorted(numbers(disk.folder.rglob("*.mp4")))


def partials(disk: SmallDisk) -> list[Path]:
    return list(disk.folder.rglob("*.partial"))


async def test_a_disk_that_fills_up_amid_a_clip_costs_no_frame(
    lab: EngineLab, disk: SmallDisk, job: GiveBack
) -> None:
    async with lab.client() as client:
        await client.request(PACE)
        await client.request(job)
        await until(client, lambda it: under_way(it) and bool(partials(disk)))
        ballast = disk.folder / "ballast"
        with ballast.open("wb", 0) as file, suppress(OSError):
            while True:  # what is written beside it takes some of the room, too
                file.write(bytes(4096))
        told = (await until(client, ended)).transfers["job"]
        assert (told.state, told.problem) == (TransferState.FAILED, TransferProblem.FOLDER_FULL)
        assert not partials(disk)
        given = frames(disk)
        assert len(given) == told.frames

        ballast.unlink()
        await client.request(job)
        assert (await until(client, ended)).transfers["job"].state is TransferState.DONE
        assert frames(disk) == EVERY_FRAME
        assert given
        assert not partials(disk)


async def test_a_disk_that_can_only_be_read_costs_no_frame(
    lab: EngineLab, disk: SmallDisk, job: GiveBack
) -> None:
    async with lab.client() as client:
        await client.request(PACE)
        await client.request(job)
        await until(client, under_way)
        await client.request(Desist(jobs=("job",)))  # the system waits for who writes
        await eventually(lambda: not partials(disk))
        await disk.remount("ro")
        await client.request(job)
        told = (await until(client, ended)).transfers["job"]
        assert told.problem is TransferProblem.FOLDER_READ_ONLY

        await disk.remount("rw")
        await client.request(job)
        assert (await until(client, ended)).transfers["job"].state is TransferState.DONE
        assert frames(disk) == EVERY_FRAME
        assert not partials(disk)


async def test_a_disk_that_is_away_for_a_while_costs_no_frame(
    lab: EngineLab, disk: SmallDisk, job: GiveBack, tmp_path: Path
) -> None:
    async with lab.client() as client:
        await client.request(PACE)
        await client.request(job)
        await until(client, lambda it: under_way(it) and bool(partials(disk)))
        await disk.take_away()
        told = (await until(client, ended)).transfers["job"]
        assert told.problem is TransferProblem.FOLDER_GONE
        assert not list((tmp_path / "device").iterdir())

        await disk.bring_back()
        assert frames(disk)
        await client.request(job)
        assert (await until(client, ended)).transfers["job"].state is TransferState.DONE
        assert frames(disk) == EVERY_FRAME
        assert not partials(disk)


async def test_bytes_that_change_on_the_disk_are_noticed_and_written_again(
    lab: EngineLab, disk: SmallDisk, job: GiveBack
) -> None:
    async with lab.client() as client:
        await client.request(PACE)
        await client.request(job)
        await until(client, lambda _: any(path.stat().st_size > MIDDLE for path in partials(disk)))
        (partial,) = partials(disk)
        with partial.open("r+b") as file:
            file.seek(MIDDLE)
            (byte,) = file.read(1)
            file.seek(MIDDLE)
            file.write(bytes([byte ^ 1]))
        told = (await until(client, ended)).transfers["job"]
        assert (told.state, told.clips) == (TransferState.DONE, CLIPS)
        assert frames(disk) == EVERY_FRAME
        assert not partials(disk)
