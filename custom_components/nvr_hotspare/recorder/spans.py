"""Stretches of time in which there is footage, or none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From one moment to before another: nanoseconds since 1970 UTC.

    Raises:
        ValueError: It ends before it begins.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("A span ends before it begins.")

    @property
    def length(self) -> int:
        """Nanoseconds."""
        return self.end - self.start


def union(spans: Iterable[Span], *, bridge: int = 0) -> tuple[Span, ...]:
    """Return what is in any of these spans, in order, none touching the next.

    Args:
        spans: In any order; empty ones count for nothing.
        bridge: Pauses of up to so many nanoseconds between two spans count as covered.
    """
    joined: list[Span] = []
    for span in sorted(spans):
        if not span.length:
            continue
        if joined and span.start <= joined[-1].end + bridge:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def difference(spans: Iterable[Span], taken: Iterable[Span]) -> tuple[Span, ...]:
    """Return what is in these spans and in none of those taken away, in order."""
    left: list[Span] = []
    away = union(taken)
    for span in union(spans):
        start = span.start
        for hole in away:
            if hole.end <= start or hole.start >= span.end:
                continue
            if hole.start > start:
                left.append(Span(start, hole.start))
            start = max(start, hole.end)
        if start < span.end:
            left.append(Span(start, span.end))
    return tuple(left)


def intersection(spans: Iterable[Span], others: Sequence[Span]) -> tuple[Span, ...]:
    """Return what is in both, in order."""
    return union(
        Span(start, end)
        for span in union(spans)
        for other in union(others)
        if (start := max(span.start, other.start)) < (end := min(span.end, other.end))
    )


def total(spans: Iterable[Span]) -> int:
    """Return how long these spans are taken together, in nanoseconds."""
    return sum(span.length for span in union(spans))
