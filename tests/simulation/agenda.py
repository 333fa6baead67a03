"""What is to happen when, and the questions that are asked again and again."""

from collections.abc import Callable
from enum import Enum, auto
from functools import partial
from heapq import heappop, heappush
from itertools import count
from math import floor

from tests.simulation.faults import GRAIN, grid

START = 1_000_000.0
TICK = 0.5
"""Every pace of a question is a whole number of these."""


class Agenda:
    """The clock of a simulation: a heap of moments."""

    def __init__(self) -> None:
        self.now = START
        self._heap: list[tuple[float, int, Callable[[], object]]] = []
        self._order = count()

    @property
    def next(self) -> float:
        """Return when the next thing happens; there is always one."""
        return self._heap[0][0]

    def at(self, moment: float, action: Callable[[], object]) -> None:
        """Do something at a moment."""
        heappush(self._heap, (moment, next(self._order), action))

    def later(self, seconds: float, action: Callable[[], object]) -> None:
        """Do something some seconds from now."""
        self.at(grid(self.now + seconds), action)

    def go_on(self) -> None:
        """Do what is next."""
        self.now, _, action = heappop(self._heap)
        action()


class Asked(Enum):
    """What came of a question."""

    NEWS = auto()
    """It has to be asked on."""
    NOTHING = auto()
    """Asked again it would change nothing at all, whatever came of it now."""
    SIGN_OF_LIFE = auto()
    """Asked again it would change nothing but when it was last answered, likewise."""


class Loop:
    """One question to one unit, asked at its pace; or passed over while nothing comes of it.

    A question of which nothing came is not asked again before its loop is woken: by whoever
    changes what the answer depends on, the truth or what the machine knows of the unit. All that
    asking would have done by then is to move the time of the last answer, to `latest`. Each
    loop asks at its own fraction of a second, where nothing else happens, so that it is certain
    what came before and what after: with or without passing over, the same happens.
    """

    def __init__(
        self, agenda: Agenda, number: int, ask: Callable[[], Asked], pace: Callable[[], float]
    ) -> None:
        self._agenda = agenda
        self._ask = ask
        self._pace = pace
        self._fraction = (2 * number + 1) / (2 * GRAIN)
        assert self._fraction < TICK, "too many loops to tell them apart"
        self._token = 0
        self._asking = False
        self._paced = 0.0
        self.answered: Asked = Asked.NEWS
        self.last = agenda.now
        """When it was last really asked."""

    def begin(self, seconds: float) -> None:
        """Begin anew, some seconds from now."""
        self.answered = Asked.NEWS
        self._schedule(self._after(self._agenda.now + seconds), self._pace())

    def stop(self) -> None:
        """Ask no more."""
        self._token += 1
        self.answered = Asked.NEWS

    def wake(self) -> None:
        """Ask again, because what the answer depends on changes now.

        What its own answer changes, whoever asks knows.
        """
        if self._asking:
            return
        if (pace := self._pace()) != self._paced or self.answered is not Asked.NEWS:
            self.last = self.latest()
            self.answered = Asked.NEWS
            self._schedule(self.last + pace, pace)

    def keep_pace(self) -> None:
        """Ask at another pace if it is another now."""
        if self._paced != self._pace():
            self.wake()

    def latest(self) -> float:
        """Return when it was last asked, as if it had not been passed over."""
        if self.answered is Asked.NEWS:
            return self.last
        return self.last + floor((self._agenda.now - self.last) / self._paced) * self._paced

    def _schedule(self, moment: float, pace: float) -> None:
        self._paced = pace
        self._token += 1
        now = self._agenda.now
        moment = moment if moment > now else self._after(now)
        self._agenda.at(moment, partial(self._fire, self._token))

    def _after(self, moment: float) -> float:
        """Return the next moment that belongs to this loop."""
        return self._fraction + (floor((moment - self._fraction) / TICK) + 1) * TICK

    def _fire(self, token: int) -> None:
        if token != self._token:
            return
        self.last = self._agenda.now
        self._asking = True
        answered = self._ask()
        self._asking = False
        if token != self._token:
            return
        self._paced = pace = self._pace()
        self.answered = answered
        if self.answered is Asked.NEWS:
            self._schedule(self.last + pace, pace)
