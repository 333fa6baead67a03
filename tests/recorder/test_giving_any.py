"""Whatever a device and its spare have recorded: all is there afterwards, and little twice."""

from collections import Counter
from pathlib import Path

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.giving.catalogue import Catalogue
from custom_components.nvr_hotspare.recorder.giving.lookout import look
from custom_components.nvr_hotspare.recorder.giving.model import TransferState
from custom_components.nvr_hotspare.recorder.spans import difference, intersection
from tests.recorder.footage import INTERVAL, START
from tests.recorder.giving_lab import RATE, Site, clip, gops, numbers, seconds

LENGTH = 24
"""Seconds in which something is recorded."""
WINDOW = seconds(-5, LENGTH + 5)


@st.composite
def stretches(draw: st.DrawFn) -> list[range]:
    """Return stretches of frames, none touching the next; each begins with a key frame."""
    edges = sorted(draw(st.sets(st.integers(0, LENGTH - 1), max_size=8)))
    found = []
    for begin, end in zip(edges[::2], edges[1::2], strict=False):
        frame = draw(st.integers(begin * RATE + 1, end * RATE))
        found.append(range(begin * RATE, frame))
    return found


def store(folder: Path, channel: str, stretch: range) -> None:
    parts = gops(stretch.start // RATE, -(-stretch.stop // RATE))
    parts[-1] = parts[-1][: len(parts[-1]) - (-stretch.stop % RATE)]
    opened = Archive(folder).open(channel, START + stretch.start * INTERVAL)
    opened.write(clip(parts))
    opened.close()


@settings(max_examples=40, deadline=None)
@given(own=stretches(), spares=stretches(), times=st.integers(1, 2))
def test_nothing_is_missing_and_only_the_overlap_is_there_twice(
    tmp_path_factory: pytest.TempPathFactory, own: list[range], spares: list[range], times: int
) -> None:
    site = Site(tmp_path_factory.mktemp("any"))
    for stretch in own:
        store(site.folder, "recording-channel-1", stretch)
    for stretch in spares:
        store(site.archive.folder, "yard", stretch)
    held = Catalogue(site.archive).held("yard", WINDOW)
    gaps = difference([WINDOW], look(site.target, WINDOW).spans)
    lacking = intersection(gaps, held)
    report = [site.give(*lacking, window=WINDOW) for _ in range(times)][-1]

    assert report.state is TransferState.DONE, report.error
    assert not report.missing
    found = Counter(numbers(site.recordings()))
    assert found.keys() == {frame for each in (*own, *spares) for frame in each}
    doubled = sum(found.values()) - len(found)
    assert doubled == report.overlap_frames
    assert doubled <= 2 * RATE * (len(own) + 1)
    assert not difference(lacking, look(site.target, WINDOW).spans)
