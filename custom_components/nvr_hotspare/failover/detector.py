"""From heartbeats to suspect and offline, alike for working devices and spares.

A unit is offline when no probe was answered for the window. How a probe fails decides nothing
by itself, a refusal included, only how long the window is: a host that still accepts connections
is given longer, because slow is not dead; one that refuses, less, because it is not slow. And
silence must have been proven by more than one probe: where nobody asked (Home Assistant itself
was stalled, the last heartbeat is old) nothing is known. A suspicion outlives who has it: whoever
decides next goes on with it, for else a row of restarts would hide an outage.

Silence can be excused: a restart that was announced, maintenance, mains that just came back. A
unit that is silent beyond that is offline, as of its last heartbeat. Where it is Home Assistant
that is cut off, nobody is (see `isolation`).
"""

from operator import attrgetter

from .evolving import replace
from .model import Connection, Silence, Timing
from .state import Pulse

PROOF = 2
"""Unanswered probes without which silence proves nothing."""
_BESIDES = attrgetter("heard", "before", "connection", "silence", "asked", "excused", "maintained")
"""What else is known of a unit than which probes it answered."""


def heard(pulse: Pulse, now: float) -> Pulse:
    """Take a heartbeat of an online unit: nothing is left of a suspicion.

    What was excused once, a restart, is over; but the last answers before it are not its end.
    """
    return Pulse(
        since=now,
        heard=True,
        beats=pulse.beats + 1,
        asked=pulse.asked,
        excused=0.0 if pulse.unanswered >= PROOF else pulse.excused,
        maintained=pulse.maintained,
    )


def unanswered(pulse: Pulse, silence: Silence) -> Pulse:
    """Take an unanswered probe."""
    return replace(pulse, beats=0, unanswered=pulse.unanswered + 1, silence=silence)


def more_of_the_same(before: Pulse, after: Pulse) -> bool:
    """Tell whether all that is new of a unit is another heartbeat, or another probe unanswered.

    Silence that is proven is no more so by that.
    """
    if PROOF <= before.unanswered < after.unanswered:
        same = before.since == after.since
    else:
        same = before.unanswered == after.unanswered == 0
    return same and _BESIDES(before) == _BESIDES(after)


def suspect(pulse: Pulse) -> bool:
    """Tell whether a unit is suspected: silent, but not for long enough."""
    return pulse.connection is Connection.ONLINE and pulse.unanswered > 0


def last_heard(pulse: Pulse) -> float:
    """Return the last heartbeat of a unit, as far as anybody knows."""
    return pulse.since if pulse.before is None else pulse.before


def silent_since(pulse: Pulse) -> float | None:
    """Return the last heartbeat of a suspected unit whose silence was proven, None if it wasn't."""
    if pulse.connection is Connection.OFFLINE:
        return None
    proven = pulse.before is not None or pulse.unanswered >= PROOF
    return last_heard(pulse) if proven else None


def offline_at(pulse: Pulse, timing: Timing) -> float | None:
    """Return when a suspected unit goes offline if it is not heard; None if it does not."""
    if pulse.connection is Connection.OFFLINE or pulse.unanswered < PROOF:
        return None
    patience = timing.window
    if pulse.silence is Silence.SLOW:
        patience = timing.slow_window
    elif pulse.silence is Silence.REFUSED:
        patience = timing.refused_window
    grace = 0.0 if pulse.heard else pulse.since + timing.boot_grace
    return max(last_heard(pulse) + patience, grace, pulse.excused, pulse.maintained)


def excuse(pulse: Pulse, until: float) -> Pulse:
    """Take one silence of a unit for no sign that it is dead, for a while or longer."""
    return replace(pulse, excused=max(pulse.excused, until))


def excuse_no_more(pulse: Pulse) -> Pulse:
    """Take it that the silence which was excused does not come; maintenance goes on."""
    return replace(pulse, excused=0.0)


def maintain(pulse: Pulse, until: float) -> Pulse:
    """Take no silence of a unit for a sign that it is dead, until then."""
    return replace(pulse, maintained=until)


def back(pulse: Pulse, now: float) -> Pulse:
    """Take an offline unit for back; maintenance goes on."""
    return Pulse(since=now, heard=True, maintained=pulse.maintained)


def offline(pulse: Pulse) -> Pulse:
    """Take the unit for dead; `since` goes on telling its last heartbeat."""
    return replace(
        pulse,
        since=last_heard(pulse),
        before=None,
        connection=Connection.OFFLINE,
        unanswered=0,
        silence=None,
        asked=None,
    )


def may_ask(pulse: Pulse, timing: Timing, now: float) -> bool:
    """Tell whether a unit that is heard, and not known, is to be asked who it is.

    A heartbeat from the old address may be another machine's. An answer that was lost, or that
    named another unit, is followed by the next question after an interval.
    """
    return pulse.asked is None or now >= pulse.asked + timing.interval
