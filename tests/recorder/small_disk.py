"""Real disks that are full, read-only or gone: a file system in memory, mounted in a namespace."""

from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.recorder.engine_lab import EngineLab
from tests.recorder.footage import run

_IN_A_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")


class SmallDisk:
    """A folder of an engine that is a disk of its own.

    Attributes:
        folder: Seen through the engine's eyes.
    """

    def __init__(self, disk: Path, place: Path, engine: Process) -> None:
        self.folder = Path(f"/proc/{engine.pid}/root{place}")
        self._disk = disk
        self._place = place
        self._pid = engine.pid

    async def remount(self, how: str) -> None:
        """Have it be mounted otherwise from now on, such as `ro`."""
        await self._run("mount", "-o", f"remount,{how}", self._disk)

    async def take_away(self) -> None:
        """Unmount it, whoever uses it."""
        await self._run("umount", "--lazy", self._place)

    async def bring_back(self) -> None:
        """Mount it again, with all that is on it."""
        await self._run("mount", "--bind", self._disk, self._place)

    async def _run(self, *command: str | Path) -> None:
        target = ("--target", str(self._pid), "--user", "--mount")
        code, _, errors = await run("nsenter", "--preserve-credentials", *target, *command)
        assert code == 0, errors


@asynccontextmanager
async def small_disk(lab: EngineLab, place: Path, mark: str, size: str) -> AsyncIterator[SmallDisk]:
    """Run an engine for which a folder is an empty disk with a marking file."""
    disk = place.with_name(f"{place.name}-disk")
    disk.mkdir()
    steps = (
        f'mount -t tmpfs -o size={size},mode=700 none "{disk}"',
        f'touch "{disk}/{mark}"',
        f'mount --bind "{disk}" "{place}"',
        'exec "$0" "$@"',
    )
    async with lab.engine(*_IN_A_NAMESPACE, " && ".join(steps)) as engine:
        yield SmallDisk(disk, place, engine)
