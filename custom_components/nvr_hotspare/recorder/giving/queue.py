"""Which jobs are done now, and which wait: the oldest footage first, a few at a time."""

import asyncio
from collections.abc import Callable, Mapping
import logging
from pathlib import Path

from ..errors import RequestError
from ..messages import MAX_JOBS, Desist, GiveBack, Pace as PaceRequest
from .catalogue import Catalogue
from .model import TransferReport, TransferState
from .naming import clash
from .pace import Pace
from .threads import begin
from .transfer import Transfer

_LOGGER = logging.getLogger(__name__)
_STOPPING = 1.0
"""Seconds for ending what is being done; what takes longer ends with the process."""


class Queue:
    """All jobs of an engine. To be used by its event loop; the jobs are done by threads."""

    def __init__(self, catalogue: Catalogue, ledgers: Path, on_end: Callable[[], None]) -> None:
        """Make a queue.

        Args:
            catalogue: Of the engine's own footage.
            ledgers: The folder in which is noted what was done.
            on_end: Called whenever a job has ended.
        """
        self._catalogue = catalogue
        self._ledgers = ledgers
        self._on_end = on_end
        self._pace = Pace()
        self._concurrent = PaceRequest().concurrent
        self._jobs: dict[str, tuple[GiveBack, Transfer]] = {}
        self._running: dict[asyncio.Future[None], tuple[str, Transfer]] = {}
        """Jobs in threads, also those that were told to end and have not yet done so."""

    @property
    def active(self) -> bool:
        """Whether something is still to be done."""
        return any(transfer.report.active for _, transfer in self._jobs.values())

    def reports(self) -> Mapping[str, TransferReport]:
        """Return how it stands about each job."""
        return {name: transfer.report for name, (_, transfer) in self._jobs.items()}

    def give_back(self, request: GiveBack) -> None:
        """Take a job on; one that is known goes on, or is tried again if it has failed.

        Raises:
            RequestError: There are too many.
        """
        if request.job in self._jobs:
            before, transfer = self._jobs[request.job]
            if before == request and transfer.report.state is not TransferState.FAILED:
                return
            transfer.stop()
        elif len(self._jobs) >= MAX_JOBS:
            raise RequestError(f"An engine takes no more than {MAX_JOBS} jobs.")
        new = Transfer(request, self._catalogue, self._ledgers, self._pace)
        others = [other.target for other, _ in self._jobs.values()]
        if (error := clash(request.target, others)) is not None:
            new.refuse(error)
        self._jobs[request.job] = request, new
        self._fill()

    def desist(self, request: Desist) -> None:
        """End jobs and forget them."""
        for job in request.jobs:
            if job in self._jobs:
                self._jobs.pop(job)[1].stop()
        self._fill()

    def pace(self, request: PaceRequest) -> None:
        """Change how quickly footage is given back."""
        self._pace.bandwidth = request.bandwidth
        self._concurrent = request.concurrent
        self._fill()

    async def stop(self) -> None:
        """End all that is being done; it is resumed when it is asked for again."""
        self._concurrent = 0
        for _, transfer in self._running.values():
            transfer.stop()
        if self._running:
            await asyncio.wait(self._running, timeout=_STOPPING)

    def _fill(self) -> None:
        """Begin what may begin."""
        busy = {job for job, _ in self._running.values()}
        # One that was told to end and does not, because its folder hangs, holds up no other.
        going = sum(not transfer.stopping for _, transfer in self._running.values())
        waiting = sorted(
            (min((gap.start for gap in request.gaps), default=request.window.start), job)
            for job, (request, transfer) in self._jobs.items()
            if transfer.report.active and job not in busy
        )
        for _, job in waiting[: max(0, self._concurrent - going)]:
            transfer = self._jobs[job][1]
            future = begin(transfer.run)
            self._running[future] = job, transfer
            future.add_done_callback(self._ended)

    def _ended(self, future: asyncio.Future[None]) -> None:
        job, transfer = self._running.pop(future)
        if (error := future.exception()) is not None:
            _LOGGER.error("%s: footage was not given back", job, exc_info=error)
            transfer.break_down()
        self._on_end()
        self._fill()
