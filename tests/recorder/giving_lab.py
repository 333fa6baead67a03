"""A spare's archive, a recorder's folder, and what is in them, frame by frame."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from itertools import pairwise
from pathlib import Path

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.giving.catalogue import Catalogue
from custom_components.nvr_hotspare.recorder.giving.inspection import inspect
from custom_components.nvr_hotspare.recorder.giving.model import Target, TransferReport
from custom_components.nvr_hotspare.recorder.giving.naming import VIRTUAL_NVR
from custom_components.nvr_hotspare.recorder.giving.pace import Pace
from custom_components.nvr_hotspare.recorder.giving.target import MARK
from custom_components.nvr_hotspare.recorder.giving.transfer import Transfer
from custom_components.nvr_hotspare.recorder.messages import GiveBack
from custom_components.nvr_hotspare.recorder.model import VideoFrame
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from custom_components.nvr_hotspare.recorder.mp4.writer import FragmentWriter
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.recorder.footage import INTERVAL, START, frames, tracks

SECOND = 1_000_000_000
RATE = 25


def seconds(begin: float, end: float) -> Span:
    """Return a stretch of time, in seconds since the footage began."""
    return Span(START + round(begin * SECOND), START + round(end * SECOND))


def every(begin: float, end: float) -> list[int]:
    """Return the numbers of the frames between two seconds."""
    return list(range(round(begin * RATE), round(end * RATE)))


def clip(parts: Sequence[Sequence[VideoFrame]], following: int | None = None) -> bytes:
    """Return a file of these fragments, not yet closed."""
    writer = FragmentWriter(tracks())
    data = [writer.header()]
    for part, after in pairwise([*parts, None]):
        assert part
        data.append(writer.fragment(part, after[0].ticks if after else following))
    return b"".join(data)


def gops(begin: int, end: int, length: int = 1) -> list[list[VideoFrame]]:
    """Return frames in fragments of a second; a key frame begins every `length` seconds."""
    parts = []
    for second in range(begin, end):
        part = frames(RATE, RATE * second)
        if second % length:
            part[0].key = False
            part[0].nal_units = part[0].nal_units[2:]
        parts.append(part)
    return parts


def store(folder: Path, channel: str, begin: int, end: int, length: int = 1) -> Path:
    """Put a closed clip of some seconds into an archive; return its path."""
    opened = Archive(folder).open(channel, START + begin * SECOND)
    opened.write(clip(gops(begin, end, length)))
    path = opened.close()
    assert path
    return path


class Site:
    """A spare with footage of the channel `yard`, and a working device's folder."""

    def __init__(self, folder: Path, template: str = VIRTUAL_NVR) -> None:
        self.archive = Archive(folder / "footage")
        self.state = folder / "state"
        self.state.mkdir(exist_ok=True)
        self.folder = folder / "device"
        self.folder.mkdir(exist_ok=True)
        self.target = Target(folder=str(self.folder), template=template, channel=1, name="Hof")
        assert not inspect(self.target, self.archive.folder, mark=True).error

    def store(self, begin: int, end: int, length: int = 1) -> Path:
        return store(self.archive.folder, "yard", begin, end, length)

    def record(self, begin: int, end: int, channel: str = "recording-channel-1") -> Path:
        """Have the device itself record some seconds."""
        return store(self.folder, channel, begin, end)

    def request(self, *gaps: Span, window: Span | None = None, job: str = "job-1") -> GiveBack:
        window = window or Span(START - 100 * SECOND, START + 1000 * SECOND)
        return GiveBack(job=job, channel="yard", window=window, gaps=gaps, target=self.target)

    def transfer(self, request: GiveBack, pace: Pace | None = None) -> Transfer:
        return Transfer(request, Catalogue(self.archive), self.state / "returns", pace or Pace())

    def give(self, *gaps: Span, window: Span | None = None, job: str = "job-1") -> TransferReport:
        transfer = self.transfer(self.request(*gaps, window=window, job=job))
        transfer.run()
        return transfer.report

    def files(self) -> list[Path]:
        """Return all files of the device's folder but the mark."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(path for path in found if path.name != MARK)

    def recordings(self) -> list[Path]:
        """Return the whole files among them."""
        return [path for path in self.files() if path.suffix == ".mp4"]

    def numbers(self) -> list[int]:
        """Return which frames the device has, as many times as it has them, in order."""
        return sorted(numbers(self.recordings()))


def numbers(paths: Iterable[Path]) -> list[int]:
    """Return the frames of some files, by their times and bytes."""
    found = []
    for path in paths:
        reader = Mp4Reader(BytesIO(path.read_bytes()))
        for fragment in reader.fragments():
            for sample in fragment.samples:
                number, off = divmod(sample.time - START, INTERVAL)
                assert off == 0
                (frame,) = frames(1, number)
                assert reader.nal_units(sample) == [
                    unit for unit in frame.nal_units if unit not in frames(1)[0].nal_units[:2]
                ]
                found.append(number)
    return found
