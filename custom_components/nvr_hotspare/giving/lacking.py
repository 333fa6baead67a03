"""What a device lacks of an outage: from what it has, what its spare has, and how sure they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ..failover.model import Window
from ..nvr.model import FootageTold
from ..recorder.giving.gops import JITTER
from ..recorder.spans import Span, difference, intersection, union

SECOND: Final = 1_000_000_000
REACH: Final = 86_400 * SECOND
"""Nanoseconds by which a window is widened at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """One camera's part of a window."""

    window: Span
    """The window, widened to the whole of what the spare recorded at its ends."""
    gaps: tuple[Span, ...]
    """What the device lacks and the spare may have."""
    sure: tuple[Span, ...]
    """What of the gaps the spare surely has."""
    missing: tuple[Span, ...]
    """What the device lacks and the spare has not."""

    @property
    def remains(self) -> bool:
        """Whether footage that is there is not yet given back: a frame or more of it."""
        return any(span.length > JITTER for span in self.sure)

    @property
    def lost(self) -> tuple[Span, ...]:
        """What the device lacks and nobody has, as far as that is sure."""
        return union((*self.missing, *difference(self.gaps, self.sure)))


def span_of(window: Window) -> Span:
    """Return a window as a stretch of footage."""
    return Span(round(window.start * SECOND), round(window.end * SECOND))


def within_reach(span: Span) -> Span:
    """Return where to look for what a spare has, so that a window can be widened."""
    return Span(max(0, span.start - REACH), span.end + REACH)


def widened(span: Span, held: Iterable[Span]) -> Span:
    """Return a window with the recordings of the spare that run into it.

    Where Home Assistant was away when an outage began, or the spare when it ended, nobody knows
    better than the recording.
    """
    touching = [each for each in held if each.start <= span.end and span.start <= each.end]
    reach = within_reach(span)
    return Span(
        max(reach.start, min((span.start, *(each.start for each in touching)))),
        min(reach.end, max((span.end, *(each.end for each in touching)))),
    )


def certain(told: FootageTold | None) -> tuple[Span, ...]:
    """Return what a unit surely has, whatever it may be wrong about.

    A unit that only knows where its footage begins and ends says nothing of what lies between.
    """
    if told is None or not told.exact:
        return ()
    doubt = told.uncertainty
    return tuple(
        Span(span.start + doubt, span.end - doubt) for span in told.spans if span.length > 2 * doubt
    )


def possible(told: FootageTold) -> tuple[Span, ...]:
    """Return what a unit may have, whatever it may be wrong about."""
    doubt = told.uncertainty
    return union(Span(max(0, span.start - doubt), span.end + doubt) for span in told.spans)


def lacking(window: Window, own: Sequence[Span], held: FootageTold | None) -> Lacking:
    """Compare what a device has with what its spare has.

    Before the outage a device lacks something only if it recorded at all: what it has not yet
    recorded, or was not to record, is not missing.

    Args:
        window: Of the outage; not yet widened.
        own: What the device surely has, over the window as widened.
        held: What the spare has, `within_reach`; None where it can't tell.
    """
    span = span_of(window)
    spans = None if held is None else possible(held)
    wide = span if spans is None else widened(span, spans)
    gaps = difference([wide], own)
    if spans is None:
        return Lacking(window=wide, gaps=gaps, sure=(), missing=())
    found = intersection(gaps, spans)
    sure = intersection(found, certain(held))
    began = min((round(window.outage * SECOND), *(each.start for each in own)))
    absent = difference(gaps, (*found, Span(0, max(0, began))))
    return Lacking(window=wide, gaps=found, sure=sure, missing=absent)


def ends_before(own: Sequence[Span], window: Span) -> bool:
    """Tell whether what a device has does not yet reach the end of a window.

    It may be recording and not have written it yet.
    """
    return not any(span.start < window.end <= span.end for span in own)
