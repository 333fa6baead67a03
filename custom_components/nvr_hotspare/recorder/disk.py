"""The threads that touch the disk, so that a slow one never stalls the event loop.

Fragments are written by two threads for all channels, because they all go to the same disk: where
it hangs, more threads would only hang with it. A channel waits for its own write, so that it has
one in flight at most; its connection keeps up to 8 MiB meanwhile, and then lets the camera wait.
Closing a file waits for the disk itself (fsync), seconds on a busy one, and has a thread of its
own, so that sixteen files that end together delay no fragment.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
import errno


class Disk:
    """Two queues of work: what must be quick, and what may take its time."""

    def __init__(self) -> None:
        self.refusal = ""
        """Why nothing is to be written, in a sentence; empty if it may."""
        self._writers = ThreadPoolExecutor(2, thread_name_prefix="disk-write")
        self._closer = ThreadPoolExecutor(1, thread_name_prefix="disk-close")

    async def write[T](self, work: Callable[[], T]) -> T:
        """Run quick work, to its end even if the caller is cancelled meanwhile.

        Raises:
            OSError: What the work raises, or that nothing is to be written.
        """
        if self.refusal:
            raise OSError(errno.ENOSPC, self.refusal)
        return await _finish(self._writers, work)

    async def close[T](self, work: Callable[[], T]) -> T:
        """Run work that waits for the disk, to its end even if the caller is cancelled."""
        return await _finish(self._closer, work)

    def shutdown(self) -> None:
        """End the threads; all work must be done."""
        self._writers.shutdown(wait=False)
        self._closer.shutdown(wait=False)


async def _finish[T](executor: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    future = asyncio.get_running_loop().run_in_executor(executor, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        # What comes next on the same file must not overtake what a thread is doing to it.
        await asyncio.wait([future])
        raise
