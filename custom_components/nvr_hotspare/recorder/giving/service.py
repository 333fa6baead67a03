"""What an engine does about footage that is given back, as it is asked for."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from ..archive import Archive
from ..errors import ArchiveError, RequestError
from ..messages import Desist, GiveBack, Held, Inspect, Look, Pace
from .catalogue import Catalogue
from .inspection import inspect
from .lookout import coarse, look
from .model import Covered, Inspection, TransferError, TransferReport
from .queue import Queue
from .threads import begin

_FOLDER = "returns"
"""In the engine's private folder: what was given back."""
_LOOKS = 4
"""Looks into folders at the same time."""
_MAX_SPANS = 4096


class Giving:
    """Answers requests. To be used by the engine's event loop, which never waits for a disk."""

    def __init__(self, archive: Archive, state: Path, on_end: Callable[[], None]) -> None:
        """Give back an engine's footage, and that of other recorders.

        Args:
            archive: The engine's own.
            state: Its private folder.
            on_end: Called whenever a job has ended.
        """
        self._archive = archive
        self._catalogue = Catalogue(archive)
        self._queue = Queue(self._catalogue, state / _FOLDER, on_end)
        self._looks = asyncio.Semaphore(_LOOKS)

    @property
    def active(self) -> bool:
        """Whether something is to be given back still."""
        return self._queue.active

    def reports(self) -> Mapping[str, TransferReport]:
        """Return how it stands about each job."""
        return self._queue.reports()

    def take(self, request: GiveBack | Desist | Pace) -> None:
        """Take up an order.

        Raises:
            RequestError: There are too many, or it names what can't be the name of a file.
        """
        match request:
            case GiveBack():
                names = [request.job] if request.replay else [request.job, request.channel]
                try:
                    for name in names:  # both are those of files
                        self._archive.folder_of(name)
                except ArchiveError as error:
                    raise RequestError(str(error)) from error
                self._queue.give_back(request)
            case Desist():
                self._queue.desist(request)
            case Pace():
                self._queue.pace(request)

    async def find_out(self, request: Held | Look | Inspect) -> Covered | Inspection:
        """Look at a disk, which may take its time.

        Raises:
            RequestError: That is not possible; the text says why.
        """
        async with self._looks:
            try:
                return await begin(lambda: self._look(request))
            except OSError as error:
                raise RequestError(f"The folder can't be read: {error.strerror}.") from error
            except (ArchiveError, TransferError) as error:
                raise RequestError(str(error)) from error

    def _look(self, request: Held | Look | Inspect) -> Covered | Inspection:
        match request:
            case Held():
                spans = self._catalogue.held(request.channel, request.within)
                return Covered(spans=coarse(spans, _MAX_SPANS))
            case Look():
                return look(request.target, request.within)
            case Inspect():
                return inspect(request.target, self._archive.folder, mark=request.mark)

    async def stop(self) -> None:
        """End what is being done."""
        await self._queue.stop()
