"""Says, frame by frame, what recordings hold of the virtual cameras.

A frame is there if its bytes are: each carries a stamp with a checksum of its picture.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import batched, pairwise
from pathlib import Path
from typing import BinaryIO

from custom_components.nvr_hotspare.recorder.errors import EmptyFootageError, FootageError
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader, Sample

from .stamp import Stamp, checksum, frame_at, read, slices_of

_OPEN = ".open"
_SUFFIXES = (".mp4", ".mp4" + _OPEN)


class VerifyError(Exception):
    """A file can't be checked: it is damaged, or not of a virtual camera."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is there of one camera; frames as runs of numbers that follow one another."""

    present: tuple[range, ...]
    missing: tuple[range, ...]
    """Not there, or damaged: in the asked time, else between the first and the last one."""
    doubled: tuple[range, ...]
    """There more than once."""
    damaged: tuple[range, ...]
    """Picture and checksum disagree."""
    out_of_order: int
    """Frames that follow a later one in their file."""
    first: int | None
    """Capture time of the first one by its stamp: nanoseconds since 1970 UTC."""
    last: int | None
    clock_error: int
    """Nanoseconds by which file and stamp differ at most about the capture time of a frame."""


def count(runs: Iterable[range]) -> int:
    """Return how many frames these runs are."""
    return sum(map(len, runs))


def verify(
    paths: Iterable[Path], start: int | None = None, end: int | None = None
) -> dict[int, Report]:
    """Return a report for each camera that has a frame in these recordings, taken together.

    Args:
        paths: Files, or folders with recordings in them at any depth. Those that are still
            written count up to their last whole fragment.
        start: Frames captured earlier don't count: nanoseconds since 1970 UTC.
        end: Frames captured then or later don't count.

    Raises:
        VerifyError: A file is damaged or holds frames without a stamp.
    """
    cameras: dict[int, _Camera] = {}
    for path in _recordings(paths):
        latest: dict[int, int] = {}
        for sample, stamp, whole in _frames(path):
            if (start is None or stamp.time >= start) and (end is None or stamp.time < end):
                camera = cameras.setdefault(stamp.camera, _Camera())
                camera.add(sample, stamp, whole=whole)
                camera.out_of_order += stamp.frame < latest.get(stamp.camera, 0)
                latest[stamp.camera] = stamp.frame
    return {number: cameras[number].report(start, end) for number in sorted(cameras)}


def missing(paths: Iterable[Path], camera: int, start: int, end: int) -> tuple[range, ...]:
    """Return the frames that a camera captured between two times and no recording has.

    Arguments and errors are those of `verify`.
    """
    report = verify(paths, start, end).get(camera)
    if report is None:
        return _runs(range(frame_at(start), frame_at(end)))
    return report.missing


@dataclass(slots=True)
class _Camera:
    """What has been seen of a camera so far."""

    frames: array[int] = field(default_factory=lambda: array("Q"))
    damaged: set[int] = field(default_factory=set)
    out_of_order: int = 0
    first: int | None = None
    last: int | None = None
    clock_error: int = 0

    def add(self, sample: Sample, stamp: Stamp, *, whole: bool) -> None:
        if not whole:
            self.damaged.add(stamp.frame)
            return
        self.frames.append(stamp.frame)
        self.first = stamp.time if self.first is None else min(self.first, stamp.time)
        self.last = stamp.time if self.last is None else max(self.last, stamp.time)
        self.clock_error = max(self.clock_error, abs(sample.time - stamp.time))

    def report(self, start: int | None, end: int | None) -> Report:
        frames = sorted(self.frames)
        present = _runs(frames)
        begin = present[0].start if present else 0
        stop = present[-1].stop if present else 0
        return Report(
            present=present,
            missing=_gaps(
                present,
                begin if start is None else frame_at(start),
                stop if end is None else frame_at(end),
            ),
            doubled=_runs(frame for frame, following in pairwise(frames) if frame == following),
            damaged=_runs(sorted(self.damaged)),
            out_of_order=self.out_of_order,
            first=self.first,
            last=self.last,
            clock_error=self.clock_error,
        )


def _recordings(paths: Iterable[Path]) -> list[Path]:
    """Return the recordings at or below these paths, each once, by their final names."""
    found: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise VerifyError(f"{path} is not there.")
        files = path.rglob("*") if path.is_dir() else (path,)
        found |= {
            file.with_name(file.name.removesuffix(_OPEN)).resolve()
            for file in files
            if file.name.endswith(_SUFFIXES)
        }
    return sorted(found)


def _open(path: Path) -> BinaryIO | None:
    """Open a recording that may be closed, and so renamed, at this very moment."""
    for name in (path.name, path.name + _OPEN, path.name):
        with suppress(FileNotFoundError):
            return path.with_name(name).open("rb")
    return None


def _frames(path: Path) -> Iterator[tuple[Sample, Stamp, bool]]:
    """Yield each frame of a recording, its stamp, and whether its picture is what it was."""
    file = _open(path)
    if file is None:
        return
    with file:
        try:
            reader = Mp4Reader(file)
            codec = reader.tracks.video.codec
            for fragment in reader.fragments():
                for sample in fragment.samples:
                    units = reader.nal_units(sample)
                    stamp = read(units)
                    if stamp is None:
                        raise VerifyError(f"{path} holds a frame that has no stamp.")
                    yield sample, stamp, checksum(slices_of(units, codec)) == stamp.crc
        except EmptyFootageError:
            return
        except FootageError as error:
            raise VerifyError(f"{path}: {error}") from error


def _gaps(runs: Sequence[range], begin: int, stop: int) -> tuple[range, ...]:
    """Return the numbers from `begin` to before `stop` that are in none of the runs."""
    edges = [begin, *(edge for run in runs for edge in (run.start, run.stop)), max(begin, stop)]
    return tuple(range(*pair) for pair in batched(edges, 2, strict=True) if pair[0] < pair[1])


def _runs(numbers: Iterable[int]) -> tuple[range, ...]:
    """Return sorted numbers, repeated ones once, as runs."""
    runs: list[range] = []
    for number in numbers:
        if runs and number <= runs[-1].stop:
            runs[-1] = range(runs[-1].start, number + 1)
        else:
            runs.append(range(number, number + 1))
    return tuple(runs)
