"""Arithmetic of stretches of time, checked against sets of moments."""

import itertools

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.spans import (
    Span,
    difference,
    intersection,
    total,
    union,
)

spans = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda pair: Span(*sorted(pair))),
    max_size=6,
)


def _moments(of: tuple[Span, ...] | list[Span]) -> set[int]:
    return {moment for span in of for moment in range(span.start, span.end)}


def test_a_span_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        Span(2, 1)


@given(spans)
def test_a_union_holds_what_any_span_holds(some: list[Span]) -> None:
    assert _moments(union(some)) == _moments(some)
    assert total(some) == len(_moments(some))


@given(spans)
def test_spans_of_a_union_are_apart_and_in_order(some: list[Span]) -> None:
    joined = union(some)
    assert all(before.end < after.start for before, after in itertools.pairwise(joined))


def test_short_pauses_are_bridged() -> None:
    assert union([Span(0, 4), Span(6, 9), Span(12, 13)], bridge=2) == (Span(0, 9), Span(12, 13))


@given(spans, spans)
def test_a_difference_holds_what_only_the_first_holds(some: list[Span], away: list[Span]) -> None:
    assert _moments(difference(some, away)) == _moments(some) - _moments(away)


@given(spans, spans)
def test_an_intersection_holds_what_both_hold(some: list[Span], others: list[Span]) -> None:
    assert _moments(intersection(some, others)) == _moments(some) & _moments(others)
