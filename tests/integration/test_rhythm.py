"""Learning how often a unit pushes."""

from itertools import accumulate

import pytest

from custom_components.nvr_hotspare.signs.rhythm import Rhythm


def heard(gaps: list[float]) -> Rhythm:
    """Return what is known after pushes this far apart, the last one at 0."""
    rhythm = Rhythm()
    times = list(accumulate(gaps, initial=0.0))
    for time in times:
        rhythm.beat(time - times[-1])
    return rhythm


@pytest.mark.parametrize(
    ("gaps", "due"),
    [
        ([], None),
        ([5, 5, 5], None),
        ([5, 5, 5, 5], 10),
        ([60, 61, 59, 60], 122),
        ([300, 5, 5, 6, 5], 12),
        ([5, 6, 5, 300], None),
        ([1, 2, 1, 2], 4),
        ([1, 2.1, 1, 1], None),
    ],
)
def test_two_intervals_of_silence_are_a_silence(gaps: list[float], due: float | None) -> None:
    assert heard(gaps).due == due


def test_a_burst_is_one_push() -> None:
    rhythm = heard([5, 0.1, 4.9, 5, 0.2, 0.2, 4.6, 5])
    assert rhythm.due == 10


def test_after_a_silence_it_begins_anew() -> None:
    rhythm = heard([5, 5, 5, 5])
    rhythm.forget()
    assert rhythm.due is None
    for time in (100, 160, 220, 280):
        rhythm.beat(time)
        assert rhythm.due is None
    rhythm.beat(340)
    assert rhythm.due == 460
