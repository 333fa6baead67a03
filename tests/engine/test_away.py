"""What an engine tells of its own decisions, wherever the conversation about them is cut."""

from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import pytest

from custom_components.nvr_hotspare.engine.away import AwayFile, AwayRecord
from custom_components.nvr_hotspare.recorder.messages import Resumed
from custom_components.nvr_hotspare.recorder.plain import Plain

BEFORE: dict[str, Plain] = {"version": 1, "of": "manager"}
OWN: dict[str, Plain] = {"version": 1, "of": "deputy"}
LATER: dict[str, Plain] = {"of": "new"}
APPOINTED = AwayRecord(seq=3, silence=15.0, journal=BEFORE)
DECIDED = APPOINTED.begun(100.0).noted(OWN, [{"at": 101.0}, {"at": 102.0}]).stopped()


def test_an_engine_that_decided_nothing_tells_nothing() -> None:
    assert APPOINTED.told(1) == Resumed(term=1, seq=3)


def test_what_was_decided_is_told_with_where_it_began_and_ended() -> None:
    told = DECIDED.told(2)

    assert told.deciding_since == 100.0
    assert (told.began, told.journal, told.seq) == (BEFORE, OWN, 3)
    assert told.announcements == ({"at": 101.0, "number": 1}, {"at": 102.0, "number": 2})


@pytest.mark.parametrize("cut", range(6))
def test_whatever_the_cut_nothing_is_lost_and_nothing_is_told_twice(
    cut: int, tmp_path: Path
) -> None:
    """The conversation stops after `cut` steps; the engine dies too, and decides once more."""
    steps: list[Callable[[AwayRecord], AwayRecord]] = [
        lambda record: record.begun(100.0),
        lambda record: record.noted(OWN, [{"at": 101.0}]),
        AwayRecord.stopped,
        AwayRecord.settled,
        lambda record: record.appointed(4, 15.0, LATER, idle=False),
    ]
    record = list(accumulate(steps[:cut], lambda so_far, step: step(so_far), initial=APPOINTED))[-1]
    file = AwayFile(tmp_path / "away.json")
    file.write(record)
    found = file.read()
    assert found == record

    told = found.begun(200.0).noted({"of": "second"}, [{"at": 201.0}]).told(1)

    base = {5: LATER, 4: OWN}.get(cut, BEFORE)
    assert told.began == base
    assert told.journal == {"of": "second"}
    assert told.seq == (4 if cut == 5 else 3)
    assert told.deciding_since == (100.0 if 1 <= cut <= 3 else 200.0)
    assert [it["at"] for it in told.announcements] == ([101.0, 201.0] if cut in {2, 3} else [201.0])
    numbers = [it["number"] for it in told.announcements]
    assert numbers == ([1, 2] if cut in {2, 3} else [2] if cut > 3 else [1])


def test_a_manager_that_appointed_before_it_settled_is_told_no_journal_but_its_own() -> None:
    told = DECIDED.appointed(4, 15.0, LATER, idle=False).told(3)

    assert told.journal is None
    assert told.began is None
    assert len(told.announcements) == 2


def test_more_than_anybody_asks_for_is_forgotten_the_oldest_first() -> None:
    record = APPOINTED
    for number in range(40):
        record = record.noted(OWN, [{"at": float(number), "data": "x" * 20_000}])

    told = record.told(1).announcements
    assert told[-1]["number"] == 40
    assert 10 < len(told) < 20


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"seq": "one"}', b"\xff", b"[" * 10_000])
def test_a_damaged_file_is_as_good_as_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "away.json").write_bytes(content)

    assert AwayFile(tmp_path / "away.json").read() is None
