"""What a recorder's folder holds of a channel: found by its names, told by what is in the files."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
import os
from pathlib import Path
import time

from ..errors import DamagedFootageError, EmptyFootageError
from ..mp4.reader import Mp4Reader
from ..spans import Span, intersection, union
from . import isomedia
from .gops import HEADS, JITTER, Coverage, gops
from .model import Covered, Target
from .naming import Names

_OPEN = ".open"
"""What the name of a file ends in that a recorder of ours is still writing."""
_LONGEST = 86_400_000_000_000
"""Nanoseconds that a recording lasts at most."""
_CLOCKS = 600_000_000_000
"""Nanoseconds by which the clocks of this machine and of the folder's may differ."""
_MAX_FILES = 20_000
"""That are read for one answer."""
_MAX_SPANS, _MAX_UNKNOWN = 4096, 100


@dataclass(frozen=True, slots=True)
class Recording:
    """A file whose name the template explains."""

    path: Path
    name: str
    """Its path in the folder."""
    times: tuple[int, ...]
    """When it may begin, by its name: two moments in an hour that comes twice."""


def recordings(names: Names, folder: Path, within: Span) -> Iterator[Recording]:
    """Yield the recordings of a channel that may have something of a stretch of time.

    Those that begin long before it are taken only if they were written to in it. OSError as the
    disk has it.
    """
    wider = Span(within.start - _LONGEST, within.end)
    for path, name in _walk(names, folder, "", 0, wider):
        times = names.times(name.removesuffix(_OPEN))
        if not times or times[0] >= within.end or times[-1] < wider.start:
            continue
        if times[-1] < within.start:
            with suppress(FileNotFoundError):
                if path.stat().st_mtime_ns < within.start - _CLOCKS:
                    continue
        yield Recording(path, name, times)


def _walk(
    names: Names, folder: Path, above: str, depth: int, within: Span
) -> Iterator[tuple[Path, str]]:
    """Yield files and their paths from the top, through folders that may hold any."""
    literal = names.literal(depth)
    last = depth == names.depth - 1
    found: Sequence[str] = ()
    if literal is not None and not last:
        found = [literal]
    else:
        with suppress(FileNotFoundError, NotADirectoryError):
            # Of what is no file, such as a pipe, reading might never end.
            found = sorted(it.name for it in os.scandir(folder) if it.is_file() or not last)
    for each in found:
        name = f"{above}{each}"
        if last:
            yield folder / each, name
        elif names.may_hold(name, depth, within):
            yield from _walk(names, folder / each, f"{name}/", depth + 1, within)


def look(target: Target, within: Span) -> Covered:
    """Return what a recorder's folder holds of a channel within a stretch of time.

    A file that is still being written counts up to what can be read of it.

    Raises:
        TransferError: The target makes no sense.
        OSError: The folder's disk fails.
    """
    spans, unknown = list[Span](), list[str]()
    names, folder = Names(target), Path(target.folder)
    folder.stat()  # one that is gone is not taken for an empty one
    for number, recording in enumerate(recordings(names, folder, within)):
        found, whole = _read(recording) if number < _MAX_FILES else ((), False)
        spans += found
        if not whole:
            unknown.append(recording.name)
    return Covered(
        spans=coarse(intersection(union(spans, bridge=JITTER), (within,)), _MAX_SPANS),
        unknown=tuple(unknown[:_MAX_UNKNOWN]),
    )


def coarse(spans: tuple[Span, ...], most: int) -> tuple[Span, ...]:
    """Return stretches of time, of too many the closest ones as one."""
    bridge = JITTER
    while len(spans) > most:
        bridge *= 2
        spans = union(spans, bridge=bridge)
    return spans


def count(names: Names, folder: Path) -> tuple[int, int | None]:
    """Return how many recordings of the last day a folder has, and when the newest begins."""
    now = time.time_ns()
    starts = [
        recording.times[0]
        for recording in recordings(names, folder, Span(now - _LONGEST, now + _LONGEST))
        if recording.times[-1] >= now - _LONGEST
    ]
    return len(starts), max(starts, default=None)


def _read(recording: Recording) -> tuple[Sequence[Span], bool]:
    """Return what a recording is known to cover, and whether that is all that is in it."""
    coverage, damaged = Coverage(), False
    try:
        with recording.path.open("rb", HEADS) as file:
            try:
                for gop in gops(Mp4Reader(file)):
                    coverage.add(gop.frames)
            except EmptyFootageError:
                return (), True
            except DamagedFootageError:
                damaged = True
            if coverage.any or not damaged:
                return coverage.spans, not damaged
            lasts = isomedia.length(file)
            ended = os.fstat(file.fileno()).st_mtime_ns
    except FileNotFoundError:
        return (), True
    if lasts is None:
        return (), False
    begin = min(recording.times, key=lambda each: abs(ended - lasts - each))
    return (Span(begin, begin + lasts),), True
