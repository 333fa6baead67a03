"""Footage of another recorder, as its replay sends it, into files: group of pictures by group.

Only whole groups of pictures are written. So wherever a replay breaks off, the next one goes on
with a key frame, and no frame comes twice.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
import threading
from typing import Self

from ..errors import (
    SourceBusyError,
    SourceError,
    SourceNotFoundError,
    SourceRejectedError,
    SourceUnreachableError,
    SourceUnsupportedError,
)
from ..model import Frame, Tracks, VideoFrame
from ..replay import open_replay
from ..spans import Span
from .checking import check_frames
from .gops import covered, inside
from .incoming import Group, IncomingClip
from .ledger import Entry
from .model import Replay, TransferError, TransferProblem
from .outgoing import Outgoing, OutgoingFile, folder_errors
from .pace import Pace, StoppedError

_LOOKS = 0.2
"""Seconds between looks whether to stop."""
_LARGEST = 64 << 20
"""Bytes of a group of pictures, which is kept in memory."""
_PROBLEMS: Sequence[tuple[type[SourceError], TransferProblem]] = (
    (SourceRejectedError, TransferProblem.SOURCE_REJECTED),
    (SourceUnsupportedError, TransferProblem.SOURCE_UNSUPPORTED),
    (SourceUnreachableError, TransferProblem.SOURCE_UNREACHABLE),
    (SourceBusyError, TransferProblem.SOURCE_UNREACHABLE),
    (SourceError, TransferProblem.SOURCE_LOST),
)


class Receiver:
    """Receives footage for one job, in the thread that calls it."""

    def __init__(
        self,
        replay: Replay,
        outgoing: Outgoing,
        pace: Pace,
        stop: threading.Event,
        took: Callable[[Entry], None],
    ) -> None:
        """Receive what is replayed; `took` is told of each file that was given."""
        self._replay = replay
        self._outgoing = outgoing
        self._pace = pace
        self._stop = stop
        self._took = took

    def receive(self, gaps: Sequence[Span], *, last: bool) -> bool:
        """Give what the other recorder holds of gaps that follow one another.

        Args:
            gaps: What is wanted.
            last: Whether to take what comes before it falls silent for all that there is, even
                if that is no whole group of pictures.

        Returns:
            Whether it is sure that it holds no more of them.

        Raises:
            TransferError: Something is wrong with it, or with the folder.
            StoppedError: `stop` was set.
        """
        return asyncio.run(self._receive_or_stop(gaps, last=last))

    async def _receive_or_stop(self, gaps: Sequence[Span], *, last: bool) -> bool:
        work = asyncio.create_task(self._receive(gaps, last=last))
        while not work.done():
            await asyncio.wait([work], timeout=_LOOKS)
            if self._stop.is_set():
                work.cancel()
                await asyncio.wait([work])
                raise StoppedError
        return work.result()

    async def _receive(self, gaps: Sequence[Span], *, last: bool) -> bool:
        span = Span(gaps[0].start, gaps[-1].end)
        with _Sorter(self._outgoing, gaps, self._took) as sorter:
            try:
                async with open_replay(self._replay, span) as stream:
                    async for tracks, frame in stream:
                        if written := sorter.add(tracks, frame):
                            await asyncio.sleep(self._pace.reserve(written))
                    proven = stream.proven
            except SourceNotFoundError:
                return True
            except SourceError as error:
                sorter.end(whole=False)
                raise _told(error) from error
            sorter.end(whole=proven or last)
            return proven


class _Sorter:
    """Puts frames into groups of pictures, and those that are needed into files."""

    def __init__(
        self, outgoing: Outgoing, gaps: Sequence[Span], took: Callable[[Entry], None]
    ) -> None:
        self._outgoing = outgoing
        self._gaps = gaps
        self._took = took
        self._group: Group | None = None
        self._clip: IncomingClip | None = None
        self._file: OutgoingFile
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def add(self, tracks: Tracks, frame: Frame) -> int:
        """Take a frame; return how many bytes were written."""
        group, size = self._group, 0
        if isinstance(frame, VideoFrame):
            if frame.key:
                size = self._complete(frame)
                self._group = group = Group(tracks, [frame])
            elif group is not None:
                group.video.append(frame)
        elif group is not None:
            group.audio.append(frame)
        if group is not None:
            group.size += frame.size
            if group.size > _LARGEST:
                raise SourceUnsupportedError("The recorder's footage has too few key frames.")
        return size

    def end(self, *, whole: bool) -> None:
        """Give what there is, the last group of pictures only if it is whole."""
        if whole:
            self._complete(None)
        self._end_clip()

    def _complete(self, following: VideoFrame | None) -> int:
        """Write the group that has come; return its bytes if it is needed."""
        group, self._group = self._group, None
        if group is None:
            return 0
        if not any(inside(frame.time, self._gaps) for frame in group.video):
            self._end_clip()
            return 0
        if self._clip is not None and not self._clip.takes(group):
            self._end_clip()
        if self._clip is None:
            self._file = self._stack.enter_context(self._outgoing.file(group.key.time))
            with folder_errors():
                self._clip = IncomingClip(self._file.file, group)
        with folder_errors():
            self._clip.add(group, following)
        return group.size

    def _end_clip(self) -> None:
        """Prove what is in the file, and deliver it."""
        clip, self._clip = self._clip, None
        if clip is None:
            return
        with folder_errors():
            clip.end()
            with self._file.written() as written:
                proof = Entry(
                    covered=covered(clip.moments()),
                    frames=len(clip.video),
                    overlap=sum(not inside(frame.time, self._gaps) for frame in clip.video),
                    sha256=check_frames(written, clip.video, clip.audio),
                    size=written.tell(),
                )
        self._took(self._outgoing.deliver(self._file, proof))
        self._stack.close()


def _told(error: SourceError) -> TransferError:
    problem = next(problem for kind, problem in _PROBLEMS if isinstance(error, kind))
    return TransferError(problem, str(error))
