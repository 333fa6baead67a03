"""The decisions: from what happens to what is to be done.

`step(state, event, now)` returns the state after an event and the commands that follow. It has
no clock and does no I/O, so that any outage can be replayed; it raises on no sequence of events:
what concerns a unit that is not (or no longer) in the group, or comes too late, is ignored.

These hold after every step (`invariants.check_invariants` says so in the tests):

1. Every camera of an offline working device has a place on exactly one spare (while it is handed
   over another still records it), confirmed recording or within its deadline, or is reported not
   backed up with a reason.
2. Make before break: a spare lets go of a camera only after the working device was seen
   recording it, or its grace ran out, or it can't tell and was well for a while, or the camera
   has no stream left for it; or after another spare was seen recording it; or it is of low
   priority, no spare has room for it, and another camera needs its place. The report tells.
   (The user's word goes first: a device whose protection is switched off, or that is removed, is
   let go of at once.)
3. What a spare recorded of an outage is owed to a device that takes footage back, until the
   courier told that it was given back and verified. (The user's word goes first: a device or
   camera that is removed.) Whatever interrupts that, the courier is commanded again. No command
   deletes footage: that is left to the spare's retention.
4. One outage per working device at a time. Whatever is interrupted resumes from the journal
   and from what the spare is seen to hold; every command is idempotent.
5. While all evidence is that Home Assistant itself is cut off, no unit is taken for dead: see
   `isolation`.

A step first takes the event as a fact, then lets the passes look at all that is known: who is
silent for too long, what may be given back, which cameras the spares have to hold, which outages
are over, to whom the courier is to give footage back, what is to be shown, and what the spares
are to do next. The passes decide by the state alone, never by the event, so a fact that is lost
and comes again later is as good. And they leave nothing to be done: `TimePassed` right after a
step changes nothing. Each looks only at the units that the step can concern (see `look`).
"""

from collections.abc import Callable

from . import pool
from .ahead import plan_ahead
from .alongside import measure, watch_recording
from .commands import Command
from .deadlines import sleep
from .events import Configured, Event
from .evolving import replace
from .facts import take
from .look import Look, look, touched
from .noticing import notice
from .outage import close, give_back
from .placing import hold
from .state import State
from .status import show
from .synchronizing import synchronize

type Pass = Callable[[State, Look], tuple[State, tuple[Command, ...]]]

PASSES: tuple[Pass, ...] = (
    pool.give_up,
    measure,
    give_back,
    hold,
    plan_ahead,
    close,
    synchronize,
    show,
    pool.order,
)
CALM: tuple[Pass, ...] = (synchronize, show)
"""The passes of a step that concerns no outage and no spare: the others would do nothing."""


def step(state: State, event: Event, now: float) -> tuple[State, tuple[Command, ...]]:
    """Return the state after an event, and what is to be done, in this order.

    `now` is in seconds since 1970 and never runs backwards. Before the first `Configured`
    nothing happens.
    """
    if not (state.configured or isinstance(event, Configured)):
        return state, ()
    after, first = take(event, replace(state, now=now))
    units = touched(state, after)
    if not units and after.group is state.group:
        return after, first
    after, lost = notice(after, units)
    after, unrecorded = watch_recording(after, units)
    commands = [*first, *lost, *unrecorded]
    concern = look(state, after, units)
    for decide in PASSES if concern.spares else CALM:
        after, more = decide(after, concern)
        commands += more
    return sleep(after, concern), tuple(commands)
