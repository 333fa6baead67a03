"""Who decided when: what Home Assistant and an engine claim of themselves, each in its own log.

Home Assistant says when an engine obeys it, and no longer; whoever runs it knows when its process
lived. The engine says when it decides by itself, and whom it obeyed. Both logs have the time of
one clock. Nothing here asks the program under test who is right: claims are held against each
other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import inf
import re

_TIME = r"^(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3}) .*"
_OBEYS = re.compile(_TIME + r"standing_orders\] (?P<title>.+) obeys (?:\(term (?P<term>\d+)\)|no)")
_ENGINE = re.compile(
    _TIME + r"(?:(?P<begins>: Nobody commands the engine: it decides by itself)"
    r"|(?P<ends>: The engine is commanded again|: The deputy has gone)"
    r"|: Term (?P<term>\d+): (?P<who>the deputy|client \d+) (?P<does>commands|says))"
)
DEPUTY = "the deputy"
_SAVED_WITHIN = 3.0
"""Seconds that an engine may take to write down that it decides no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reign:
    """From when to when somebody decided by its own word; seconds since 1970."""

    begin: float
    end: float
    term: int = 0
    """As the engine told Home Assistant; 0 of the engine itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obeyed:
    """A command that the engine has carried out."""

    at: float
    term: int
    by_deputy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an engine's log says."""

    reigns: tuple[Reign, ...]
    """Of its deputy."""
    vacant: tuple[float, ...]
    """When it lost who commanded it."""
    obeyed: tuple[Obeyed, ...]


def of_home_assistant(
    log: Iterable[str], title: str, lives: Sequence[tuple[float, float]]
) -> list[Reign]:
    """Return when Home Assistant decided for an engine, by its log and the lives of its process."""
    said = [
        (_moment(match["time"]), int(match["term"] or 0))
        for line in log
        if (match := _OBEYS.match(line)) and match["title"] == title
    ]
    said = [(at, term) for at, term in said if at >= lives[0][0]]
    reigns = []
    for number, (at, term) in enumerate(said):
        if term:
            death = next((ended for began, ended in lives if began <= at <= ended), at)
            following = said[number + 1][0] if number + 1 < len(said) else inf
            reigns.append(Reign(begin=at, end=min(following, death), term=term))
    return reigns


def of_engine(log: Iterable[str], since: float, until: float) -> Told:
    """Return what an engine's log says from one moment to another one, at which it still ran."""
    reigns: list[Reign] = []
    vacant: list[float] = []
    obeyed: list[Obeyed] = []
    begun: float | None = None
    for match in filter(None, map(_ENGINE.match, log)):
        at = _moment(match["time"])
        if at < since:
            continue
        if match["begins"]:
            begun = at
        elif match["ends"] and begun is not None:
            reigns.append(Reign(begin=begun, end=at))
            begun = None
        elif match["does"] == "commands" and match["who"] == DEPUTY:
            vacant.append(at)
        elif match["does"] == "says":
            by_deputy = match["who"] == DEPUTY
            obeyed.append(Obeyed(at=at, term=int(match["term"]), by_deputy=by_deputy))
    if begun is not None:
        reigns.append(Reign(begin=begun, end=until))
    return Told(reigns=tuple(reigns), vacant=tuple(vacant), obeyed=tuple(obeyed))


def conflicts(manager: Sequence[Reign], engine: Told, seen: Iterable[float]) -> list[str]:
    """Return in a sentence each case in which two decided for one engine.

    Args:
        manager: When Home Assistant did.
        engine: What the engine says.
        seen: When its file said that it decides by itself: that is written soon, not at once.
    """
    found = [
        f"Home Assistant (term {one.term}) and the engine, from {max(one.begin, other.begin):.3f}"
        for one in manager
        for other in engine.reigns
        if one.begin < other.end and other.begin < one.end
    ]
    terms = [reign.term for reign in manager]
    found += [f"term {one} twice or late" for one, more in pairwise(terms) if more <= one]
    found += [
        f"term {it.term} commanded at {it.at:.3f}, and nobody had it"
        for it in engine.obeyed
        if not it.by_deputy and it.term not in terms
    ]
    found += [
        f"the engine commanded itself at {it.at:.3f}, and did not decide"
        for it in engine.obeyed
        if it.by_deputy and not any(own.begin <= it.at <= own.end for own in engine.reigns)
    ]
    found += [
        f"the engine's file at {at:.3f}, in term {one.term} of Home Assistant"
        for at in seen
        for one in manager
        if one.begin + _SAVED_WITHIN < at < one.end
    ]
    return found


def gaps(manager: Sequence[Reign], engine: Told, until: float) -> list[float]:
    """Return for how long each time nobody decided, from the first time somebody did.

    Home Assistant is taken for gone as soon as either it or the engine says so.
    """
    ends = [
        min((at for at in engine.vacant if reign.begin <= at), default=inf) for reign in manager
    ]
    decided = [(reign.begin, min(reign.end, end)) for reign, end in zip(manager, ends, strict=True)]
    decided = sorted([*decided, *((it.begin, it.end) for it in engine.reigns)])
    found, latest = [], decided[0][0] if decided else until
    for begin, end in [*decided, (until, until)]:
        if begin > latest:
            found.append(begin - latest)
        latest = max(latest, end)
    return found


def _moment(text: str) -> float:
    """Return the time of a line, which is local, in seconds since 1970."""
    return datetime.fromisoformat(text.replace(",", ".")).timestamp()
