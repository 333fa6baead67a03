"""The machine on duty, with its clock. While it only listens, what it wants done is withheld."""

import asyncio
from collections.abc import Iterable
import time
from typing import Protocol, cast

from ...failover import journal, view
from ...failover.commands import Announce, Command, Desist, Identify, SpareCommand, Synchronize
from ...failover.events import Configured, Event, TimePassed
from ...failover.handover import Said, dump_said, take_charge
from ...failover.machine import step
from ...failover.model import UnitId
from ...failover.state import State
from ...recorder.plain import Plain
from ..standing import StandingOrders
from .messages import Briefing, Note


class Hands(Protocol):
    """Carries out what is decided."""

    def note(self, note: Note) -> None:
        """Have a transition saved, before the commands that follow."""

    def command(self, command: SpareCommand) -> None:
        """Have the engine do something."""

    def identify(self, unit: UnitId) -> None:
        """Ask a unit who it is."""

    def look(self) -> None:
        """See that paces may have changed: a step was taken."""


class Decider:
    """Goes on from where the manager was.

    Attributes:
        state: What the machine knows.
    """

    def __init__(self, orders: StandingOrders, briefing: Briefing, hands: Hands) -> None:
        """Take charge of what the orders say."""
        loop = asyncio.get_running_loop()
        self._epoch = time.time() - loop.time()
        self._hands = hands
        self._deciding = False
        self._withheld: list[SpareCommand] = []
        self._said: list[dict[str, Plain]] = []
        self._deadline: asyncio.TimerHandle | None = None
        self.state, commands = _start(orders, briefing, self._now)
        self._pass_on(commands, changed=False)

    def start(self) -> None:
        """Begin to watch the time."""
        self.handle(TimePassed())

    def handle(self, event: Event) -> None:
        """Let the machine take one step."""
        before = self.state
        self.state, commands = step(before, event, self._now)
        self._pass_on(commands, changed=not journal.untouched(before, self.state))
        self._set_deadline()
        self._hands.look()

    def decide(self) -> None:
        """Have done what was withheld, and all that is decided from now on."""
        if self._deciding:
            return
        self._deciding = True
        withheld, self._withheld = self._withheld, []
        self._pass_on(withheld, changed=True)

    @property
    def _now(self) -> float:
        return self._epoch + asyncio.get_running_loop().time()

    def _pass_on(self, commands: Iterable[Command], *, changed: bool) -> None:
        wanted: list[SpareCommand] = []
        for command in commands:
            match command:
                case Announce():
                    said = dump_said(Said(self._now, command))
                    self._said.append(cast("dict[str, Plain]", said))
                case Identify(unit):
                    self._hands.identify(unit)
                case Synchronize() | Desist():
                    pass  # the manager gives back when it is there again
                case _:
                    wanted.append(command)
        if not self._deciding:
            self._withheld += wanted
            return
        if changed or self._said:
            noted = cast("dict[str, Plain]", journal.dump(self.state))
            self._hands.note(Note(journal=noted, said=tuple(self._said)))
            self._said.clear()
        for command in wanted:
            self._hands.command(command)

    def _set_deadline(self) -> None:
        """Come back when something is due though nothing happens."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if (due := view.next_deadline(self.state)) is not None:
            self._deadline = asyncio.get_running_loop().call_at(
                due - self._epoch, lambda: self.handle(TimePassed())
            )


def _start(
    orders: StandingOrders, briefing: Briefing, now: float
) -> tuple[State, tuple[Command, ...]]:
    """Return the state to begin with, and what is to be done in it."""
    if not briefing.fresh:
        lost = now - briefing.silent
        return take_charge(briefing.journal, orders.group, orders.planned, lost)
    state, commands = step(journal.load(briefing.journal), Configured(orders.group), now)
    for planned in orders.planned:
        state, more = step(state, planned, now)
        commands += more
    return state, commands
