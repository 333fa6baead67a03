"""Those who record the same cameras: the engine, ffmpeg and PyAV, each in its usual form."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
import signal
from typing import Protocol
from urllib.parse import quote

import av

from custom_components.nvr_hotspare.recorder.errors import EmptyFootageError
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from scripts.lab.processes import STOP_WITHIN, Program
from virtual_nvr.stamp import Stamp, read

from .site import Site


class Contender(Protocol):
    """One way to record all cameras into a folder."""

    async def start(self, site: Site, folder: Path) -> None:
        """Start; does not wait until anything is recorded."""

    def pids(self) -> Sequence[int]:
        """Return the processes that do the work."""

    def files(self, folder: Path, camera: int) -> list[Path]:
        """Return the files of a camera, the oldest first."""

    def frames(self, file: Path) -> Iterator[tuple[Stamp, bool]]:
        """Yield the frames that can be read, and of each whether it is a key frame."""

    async def stop(self) -> None:
        """End, with all files closed."""


class OursContender:
    """The engine: one process with one event loop."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._program: Program

    async def start(self, site: Site, folder: Path) -> None:
        """Start the engine's process."""
        arguments = ("-m", "tests.benchmarks.run_engine", str(site.site_file), str(folder))
        self._program = Program("engine", arguments, self._log)
        await self._program.start_and_wait()

    def pids(self) -> Sequence[int]:
        """Return its only process."""
        return (self._program.pid,)

    def files(self, folder: Path, camera: int) -> list[Path]:
        """Return the clips, the open one included."""
        return sorted(folder.glob(f"{camera}/*"))

    def frames(self, file: Path) -> Iterator[tuple[Stamp, bool]]:
        """Yield frames with the engine's own reader."""
        with file.open("rb") as opened, suppress(EmptyFootageError):
            reader = Mp4Reader(opened)
            for sample in chain.from_iterable(part.samples for part in reader.fragments()):
                if stamp := read(reader.nal_units(sample)):
                    yield stamp, sample.key

    async def stop(self) -> None:
        """End the process."""
        await self._program.stop()


class PyavContender:
    """PyAV: one process, a thread for each camera."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._program: Program

    async def start(self, site: Site, folder: Path) -> None:
        """Start the process."""
        arguments = ("-m", "tests.benchmarks.run_pyav", str(site.site_file), str(folder))
        self._program = Program("pyav", arguments, self._log)
        await self._program.start_and_wait()

    def pids(self) -> Sequence[int]:
        """Return its only process."""
        return (self._program.pid,)

    def files(self, folder: Path, camera: int) -> list[Path]:
        """Return the camera's only file."""
        return [path for path in (folder / f"{camera}.mp4",) if path.exists()]

    def frames(self, file: Path) -> Iterator[tuple[Stamp, bool]]:
        """Yield the frames that libav finds."""
        return _frames_by_libav(file)

    async def stop(self) -> None:
        """End the process."""
        await self._program.stop()


class FfmpegContender:
    """ffmpeg: a process for each camera."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._processes: list[asyncio.subprocess.Process] = []

    async def start(self, site: Site, folder: Path) -> None:
        """Start all processes."""
        # ffmpeg takes a password in the URI only; this one is of this run and of the loopback.
        account = ":".join(map(quote, site.account))
        for camera, uri in site.uris.items():
            with self._log.open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    "ffmpeg",
                    *("-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp"),
                    *("-i", uri.replace("://", f"://{account}@"), "-c", "copy", "-f", "mp4"),
                    *("-movflags", "frag_keyframe+empty_moov+default_base_moof"),
                    str(folder / f"{camera}.mp4"),
                    stderr=log,
                )
            self._processes.append(process)

    def pids(self) -> Sequence[int]:
        """Return all processes."""
        return [process.pid for process in self._processes]

    def files(self, folder: Path, camera: int) -> list[Path]:
        """Return the camera's only file."""
        return [path for path in (folder / f"{camera}.mp4",) if path.exists()]

    def frames(self, file: Path) -> Iterator[tuple[Stamp, bool]]:
        """Yield the frames that libav finds."""
        return _frames_by_libav(file)

    async def stop(self) -> None:
        """End the processes as Ctrl-C does."""
        for process in self._processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
        try:
            async with asyncio.timeout(STOP_WITHIN):
                await asyncio.gather(*(process.wait() for process in self._processes))
        finally:
            for process in self._processes:
                if process.returncode is None:
                    process.kill()
            self._processes.clear()


def _frames_by_libav(file: Path) -> Iterator[tuple[Stamp, bool]]:
    with suppress(av.error.InvalidDataError, av.error.EOFError), av.open(str(file)) as opened:
        for packet in opened.demux(video=0):
            if stamp := read(_nal_units(bytes(packet))):
                yield stamp, packet.is_keyframe


def _nal_units(sample: bytes) -> list[bytes]:
    """Split a sample into its NAL units, each behind its length of 4 bytes."""
    units, position = [], 0
    while position + 4 < len(sample):
        start = position + 4
        position = start + int.from_bytes(sample[position:start])
        units.append(sample[start:position])
    return units
