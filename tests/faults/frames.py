"""Which frames of the virtual cameras are where, by their stamps; times in seconds since 1970."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
import sys

from virtual_nvr.stamp import time_of
from virtual_nvr.verify import Report, count, verify

_SECOND = 1_000_000_000

type Window = tuple[float, float]
"""From a moment to before another one."""


def found(folders: Iterable[Path], window: Window) -> Mapping[int, Report]:
    """Return what folders have of each camera, all of them together."""
    start, end = (round(moment * _SECOND) for moment in window)
    return verify(folders, start, end)


def missing(folders: Iterable[Path], cameras: Iterable[int], window: Window) -> dict[int, int]:
    """Return how many frames of each camera are in none of the folders, and print which."""
    reports = found(folders, window)
    for camera in cameras:
        _tell(camera, reports[camera].missing)
    return {camera: count(reports[camera].missing) for camera in cameras}


def present(folders: Iterable[Path], window: Window) -> int:
    """Return how many frames are there, of all cameras together."""
    return sum(count(report.present) for report in found(folders, window).values())


def number(camera: str) -> int:
    """Return the number in the stamps of a camera, which also ends its name."""
    return int(camera.rpartition(" ")[2])


def _tell(camera: int, runs: Sequence[range]) -> None:
    for run in runs:
        begin, end = (datetime.fromtimestamp(time_of(it) / _SECOND) for it in (run[0], run[-1]))  # noqa: DTZ006 - as logs are
        text = f"missing of camera {camera}: {len(run)} frames, {begin:%H:%M:%S.%f} to {end:%S.%f}"
        print(text, file=sys.stderr)
