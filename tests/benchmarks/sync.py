"""`scripts/bench sync`: footage given back, from the built-in spare and from an ONVIF spare.

Beside the built-in one ffmpeg joins the same clips without decoding them, and `cp` copies the same
bytes: channel by channel in turns, so that whatever else the machine does hits all alike. The gap
begins and ends within a group of pictures, so that the first and the last clip of each channel
are cut. What `verify` counts afterwards in the recorder's folder has to be every frame.

Copying is all that is done but for waiting for the disk (fsync, which neither ffmpeg nor cp do)
and verifying, which reads the copy from the disk and the original once more.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
import json
import os
from pathlib import Path
import shutil
import subprocess
import tempfile
import time
from typing import Any

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.giving import (
    receiving as receiving_module,
    transfer as transfer_module,
)
from custom_components.nvr_hotspare.recorder.giving.catalogue import Catalogue
from custom_components.nvr_hotspare.recorder.giving.inspection import inspect
from custom_components.nvr_hotspare.recorder.giving.model import Replay, Target, TransferState
from custom_components.nvr_hotspare.recorder.giving.naming import VIRTUAL_NVR
from custom_components.nvr_hotspare.recorder.giving.pace import Pace
from custom_components.nvr_hotspare.recorder.giving.transfer import Transfer
from custom_components.nvr_hotspare.recorder.messages import GiveBack
from custom_components.nvr_hotspare.recorder.spans import Span
from scripts.lab.processes import Program
from virtual_nvr.clip import ClipFormat, load
from virtual_nvr.stamp import time_of
from virtual_nvr.verify import count, verify

from .stored import START_FRAME, store

TURNS = 3
_SECOND = 1_000_000_000
_HOST = "127.0.31.1"
_ACCOUNT = ("benchmark", "cellar-door")
_INTO_A_GOP = _SECOND // 2
"""Nanoseconds after the first key frame, and after the last one, at which the gap has its ends."""


@dataclass(slots=True)
class Work:
    """What was given back, and how long each part of it took."""

    size: int = 0
    copying: float = 0.0
    verifying: float = 0.0
    waiting: float = 0.0
    """For the disk."""

    def told(self) -> dict[str, float]:
        """Return what is told of it."""
        return {
            "copy_mb_per_s": _speed(self.size, self.copying),
            "verify_mb_per_s": _speed(self.size, self.verifying),
            "fsync_seconds": round(self.waiting, 2),
        }


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="scripts/bench sync", description=__doc__)
    parser.add_argument("--channels", type=int, default=4, help="how many (4)")
    parser.add_argument("--minutes", type=int, default=10, help="of footage of each (10)")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    result = asyncio.run(compare(options.channels, options.minutes * 60))
    print(json.dumps(result, indent=None if options.json else 2), flush=True)


async def compare(
    channels: int, seconds: int, form: ClipFormat | None = None, turns: int = TURNS
) -> dict[str, object]:
    """Return how quickly each of them moves so many seconds of footage of each channel."""
    clip = await asyncio.to_thread(load, form or ClipFormat())
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        footage = folder / "footage"
        for number in range(1, channels + 1):
            await asyncio.to_thread(store, footage, _channel(number), number, clip, seconds)
        builtin, ffmpeg, copied, missing = Work(), Work(), Work(), 0
        for turn in range(turns):
            giver = _Giver(folder / f"builtin-{turn}", footage, seconds)
            for number in range(1, channels + 1):
                await asyncio.to_thread(giver.give, number, builtin)
                await asyncio.to_thread(_join, folder, footage / _channel(number), ffmpeg)
                await asyncio.to_thread(_cp, folder, footage / _channel(number), copied)
            missing += await asyncio.to_thread(giver.end)
        onvif, begin = Work(), time.perf_counter()
        async with _nvr(folder, footage, channels) as nvr:
            giver, begin = _Giver(folder / "onvif", footage, seconds, nvr), time.perf_counter()
            for number in range(1, channels + 1):
                await asyncio.to_thread(giver.give, number, onvif)
            elapsed = time.perf_counter() - begin
        told = {"builtin": builtin.told() | {"missing_frames": missing}}
        told["onvif"] = onvif.told() | {"missing_frames": await asyncio.to_thread(giver.end)}
    for key, work in (("ffmpeg", ffmpeg), ("cp", copied)):
        told[key] = {"copy_mb_per_s": work.told()["copy_mb_per_s"]}
    ours, theirs = told["builtin"]["copy_mb_per_s"], told["ffmpeg"]["copy_mb_per_s"]
    return {
        "channels": channels,
        "seconds": seconds,
        "mb": round(onvif.size / 1e6, 1),
        **told,
        "builtin_ratio_to_ffmpeg": round(ours / theirs, 2),
        "onvif_times_realtime": round(channels * seconds / elapsed, 1),
    }


def _channel(number: int) -> str:
    return f"recording-channel-{number}"


class _Giver:
    """Gives channels back into a recorder's folder, one after the other."""

    def __init__(self, folder: Path, footage: Path, seconds: int, nvr: str | None = None) -> None:
        """Prepare.

        Args:
            folder: For the recorder's folder and for what is noted.
            footage: The spare's.
            seconds: Of footage of each channel.
            nvr: Where an ONVIF spare replays it, None for the built-in one.
        """
        begin = time_of(START_FRAME)
        self._gap = Span(begin + _INTO_A_GOP, begin + seconds * _SECOND - _INTO_A_GOP)
        self._device, self._state = folder / "device", folder / "state"
        self._footage = footage
        self._nvr = nvr
        self._device.mkdir(parents=True)
        self._state.mkdir()

    def give(self, number: int, work: Work) -> None:
        """Give a channel back, and add that to the work."""
        target = Target(folder=str(self._device), template=VIRTUAL_NVR, channel=number)
        inspection = inspect(target, self._footage, mark=True)
        if inspection.error:
            raise OSError(inspection.error)
        uri, (username, password) = f"{self._nvr}/{_channel(number)}", _ACCOUNT
        replay = Replay(uri=uri, username=username, password=password) if self._nvr else None
        request = GiveBack(
            job=f"job-{number}",
            channel=_channel(number),
            replay=replay,
            window=self._gap,
            gaps=(self._gap,),
            target=target,
        )
        catalogue = Catalogue(Archive(self._footage))
        transfer = Transfer(request, catalogue, self._state / "ledgers", Pace())
        os.sync()  # so that nobody is slowed down by what others have written
        with _measured(work):
            transfer.run()
        if transfer.report.state is not TransferState.DONE or transfer.report.missing:
            raise RuntimeError(transfer.report.error or "Not all was given back.")
        work.size += transfer.report.bytes

    def end(self) -> int:
        """Remove what was given; return how many frames of it were missing or doubled."""
        reports = verify([self._device], self._gap.start, self._gap.end).values()
        shutil.rmtree(self._device)
        return sum(count(report.missing) + count(report.doubled) for report in reports)


@contextmanager
def _measured(work: Work) -> Iterator[None]:
    """Add what is done meanwhile to the work."""
    verifying, waiting = _Stopwatch(), _Stopwatch()
    timed: list[tuple[Any, str, _Stopwatch]] = [
        (transfer_module, "check_copy", verifying),
        (receiving_module, "check_frames", verifying),
        (os, "posix_fadvise", verifying),
        (os, "fsync", waiting),
    ]
    real = [getattr(module, name) for module, name, _ in timed]
    for (module, name, watch), function in zip(timed, real, strict=True):
        setattr(module, name, watch.timing(function))
    begin = time.perf_counter()
    try:
        yield
    finally:
        elapsed = time.perf_counter() - begin
        for (module, name, _), function in zip(timed, real, strict=True):
            setattr(module, name, function)
    work.verifying += verifying.seconds
    work.waiting += waiting.seconds
    work.copying += elapsed - verifying.seconds - waiting.seconds


class _Stopwatch:
    """Adds up how long calls take."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timing[**P, T](self, function: Callable[P, T]) -> Callable[P, T]:
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            begin = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds += time.perf_counter() - begin

        return call


@asynccontextmanager
async def _nvr(folder: Path, footage: Path, channels: int) -> AsyncIterator[str]:
    """Run a recorder with the same footage; yield the URI below which it replays it."""
    recordings = folder / "nvr" / "recordings"
    for number in range(1, channels + 1):
        place = recordings / _channel(number)
        place.mkdir(parents=True)
        for path in (footage / _channel(number)).glob("*.mp4"):
            (place / path.name).hardlink_to(path)
    # Its cameras are off: nothing listens on port 1.
    cameras = [
        {"name": f"Camera {n}", "uri": f"rtsp://{_HOST}:1/{n}"} for n in range(1, channels + 1)
    ]
    config = folder / "nvr.json"
    config.touch(0o600)
    config.write_text(
        json.dumps(
            {
                "name": "Spare",
                "serial": "VN-BENCH",
                "host": _HOST,
                "username": _ACCOUNT[0],
                "password": _ACCOUNT[1],
                "folder": str(folder / "nvr"),
                "channels": cameras,
            }
        )
    )
    program = Program("nvr", ("-m", "virtual_nvr", "nvr", "--config", str(config)), folder / "log")
    try:
        ready = await program.start_and_wait()
        yield f"rtsp://{ready['host']}:{ready['rtsp_port']}/replay"
    finally:
        await program.stop()


def _join(folder: Path, channel: Path, work: Work) -> None:
    """Have ffmpeg make one file of a channel's clips."""
    clips, joined = folder / "clips.txt", folder / "joined.mp4"
    clips.write_text("".join(f"file '{path}'\n" for path in sorted(channel.glob("*.mp4"))))
    command = ("ffmpeg", "-v", "error", "-f", "concat", "-safe", "0", "-i", clips)
    os.sync()
    begin = time.perf_counter()
    subprocess.run((*command, "-c", "copy", joined), check=True)
    work.copying += time.perf_counter() - begin
    work.size += _size(channel)
    joined.unlink()


def _cp(folder: Path, channel: Path, work: Work) -> None:
    """Have `cp` copy a channel's clips."""
    os.sync()
    begin = time.perf_counter()
    subprocess.run(["cp", "-r", channel, folder / "copy"], check=True)
    work.copying += time.perf_counter() - begin
    work.size += _size(channel)
    shutil.rmtree(folder / "copy")


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.mp4"))


def _speed(size: int, seconds: float) -> float:
    """Return megabytes per second, 0 if nothing was done."""
    return round(size / seconds / 1e6, 1) if seconds else 0.0


if __name__ == "__main__":
    main()
