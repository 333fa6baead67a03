"""Names of footage: whatever units are called, and whatever others make up."""

from datetime import date

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.failover.model import Camera
from custom_components.nvr_hotspare.footage.identifier import FootageId

units = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
days = st.dates(date(1971, 1, 1), date(2261, 12, 31))
starts = st.integers(1, 2**63 - 1)


@given(units, st.integers(0, 10**6), days, starts)
def test_a_name_is_read_as_it_was_written(unit: str, channel: int, day: date, start: int) -> None:
    scene = FootageId(group="G", unit=unit, channel=channel, day=day, start=start)
    assert FootageId.parse(str(scene)) == scene
    assert scene.camera == Camera(unit, channel)
    assert str(scene).count("/") == 4


@given(st.text() | st.from_regex(r"G/[^/]{1,5}/-?\d{1,3}/\d{4}-\d\d-\d\d/\d{1,25}", fullmatch=True))
def test_whatever_is_made_up_is_refused_or_is_the_one_name_of_what_it_names(text: str) -> None:
    try:
        found = FootageId.parse(text)
    except ValueError:
        return
    assert str(found) == text
    assert len(text) <= 1024


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/U",
        "G/U/1/2026-11-20/5/6",
        "G/U/1/20261120",
        "G/U/\uff11",
        "G/U/1_0",
        "G/U/1/1970-01-01",
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"footage|isoformat|identifier"):
        FootageId.parse(text)
