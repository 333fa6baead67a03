"""How often a unit pushes a sign of life, learned from its own: nobody has to configure it."""

from collections import deque
from typing import Final

_GAPS: Final = 4
"""Between so many pushes in a row a rhythm is seen."""
_REGULAR: Final = 2.0
"""The longest of them is no longer than the shortest times this."""
_SHORTEST: Final = 0.5
"""Seconds between two pushes below which they are one: several events of the same moment."""
_MISSED: Final = 2.0
"""Intervals of silence that are a silence."""


class Rhythm:
    """Learns from pushes when the next one is due; times are of any clock, in seconds.

    Who pushes only when something happens has no rhythm, and nothing is expected of it.
    """

    def __init__(self) -> None:
        self._last: float | None = None
        self._gaps: deque[float] = deque(maxlen=_GAPS)

    def beat(self, now: float) -> None:
        """Take a push."""
        if self._last is not None:
            if now - self._last < _SHORTEST:
                return
            self._gaps.append(now - self._last)
        self._last = now

    @property
    def due(self) -> float | None:
        """When a unit that has not pushed again has fallen silent; None if none can tell."""
        if self._last is None or len(self._gaps) < _GAPS:
            return None
        longest = max(self._gaps)
        regular = longest <= _REGULAR * min(self._gaps)
        return self._last + _MISSED * longest if regular else None

    def forget(self) -> None:
        """Begin anew: after a silence a unit may have another rhythm, or have lost the old one."""
        self._last = None
        self._gaps.clear()
