"""Search sessions: what was found and is told bit by bit (ONVIF Recording Search)."""

from collections.abc import Sequence
from dataclasses import dataclass
import itertools
import time

from .faults import Fault, full, invalid
from .xml import Node

_SHORTEST, _LONGEST = 1.0, 60.0
"""Seconds that a search may outlive its last use; 10 at least is what has to be supported."""
_MAX_SEARCHES = 16
_MAX_TOLD = 1000
"""Results in one answer."""


@dataclass(slots=True)
class _Search[T]:
    """What a search has found and not told yet."""

    rest: Sequence[T]
    keep: float
    used: float


class Searches[T]:
    """The sessions of one kind of search, told apart from all others by their tokens."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._searches: dict[str, _Search[T]] = {}
        self._numbers = itertools.count(1)

    def check_room(self) -> None:
        """Raise the fault of a search too many."""
        self._expire()
        if len(self._searches) >= _MAX_SEARCHES:
            raise full("ResourceProblem", "Too many searches are open")

    def begin(self, request: Node, found: Sequence[T]) -> str:
        """Keep what was found, up to as many as the request wants, and return the token."""
        self.check_room()
        matches = request.integer("tse:MaxMatches", default=len(found))
        keep = min(max(_SHORTEST, request.seconds("tse:KeepAliveTime")), _LONGEST)
        token = f"{self._kind}-{next(self._numbers)}"
        self._searches[token] = _Search(found[: max(0, matches)], keep, time.monotonic())
        return token

    def tell(self, request: Node) -> tuple[str, Sequence[T]]:
        """Return the state of the search that a request names, and the next results.

        When it has told all, the search is over.
        """
        token = self._asked(request)
        search = self._searches[token]
        count = min(max(0, request.integer("tse:MaxResults", default=_MAX_TOLD)), _MAX_TOLD)
        told, search.rest = search.rest[:count], search.rest[count:]
        search.used = time.monotonic()
        if search.rest:
            return "Searching", told
        del self._searches[token]
        return "Completed", told

    def end(self, request: Node) -> bool:
        """End the search that a request names; False if it is none of this kind."""
        self._expire()
        return self._searches.pop(request.text("tse:SearchToken"), None) is not None

    def _asked(self, request: Node) -> str:
        self._expire()
        token = request.text("tse:SearchToken")
        if token not in self._searches:
            raise no_search()
        return token

    def _expire(self) -> None:
        now = time.monotonic()
        self._searches = {
            token: search
            for token, search in self._searches.items()
            if now - search.used < search.keep
        }


def no_search() -> Fault:
    """Return the fault of a token that names no search."""
    return invalid("InvalidToken", "There is no such search, or it is over")
