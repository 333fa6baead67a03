"""Whether it is Home Assistant itself that is cut off, when all are silent.

Assumed only on evidence, and then nobody is taken for dead: the host has no link; or no unit and
no spare answers, and of the witnesses (cameras, the gateway), asked just now, none does. One that
answers disproves it: a lone NVR that falls silent while its cameras answer is an outage. Where
there is no witness to ask, or nobody asked, nothing is assumed.

A spare on Home Assistant's own host proves nothing: it would answer all the same. When it is over
units get their time anew, since their silence until then was no sign of theirs.
"""

from copy import replace

from .model import Connection, UnitId
from .state import State, Witness


def witnessed(state: State, name: str, *, answers: bool) -> State:
    """Take what a witness did when it was asked."""
    witness = Witness(answers=answers, asked=state.now)
    state = replace(state, witnesses={**state.witnesses, name: witness})
    return contact(state) if answers else state


def link(state: State, *, up: bool) -> State:
    """Take whether the host has a network link; with it, all is to be asked anew."""
    state = replace(state, link=up)
    return _over(state) if up and state.isolated else state


def answered(state: State, unit: UnitId) -> State:
    """Take that a unit answered."""
    spare = state.spares.get(unit)
    return state if spare and spare.config.local else contact(state)


def contact(state: State) -> State:
    """Take that something in the network answered."""
    return _over(state) if state.isolated and state.link else state


def _over(state: State) -> State:
    until = state.now + state.group.timing.window
    pulses = {
        unit: replace(pulse, excused=max(pulse.excused, until)) if pulse.unanswered else pulse
        for unit, pulse in state.pulses.items()
    }
    return replace(state, isolated=False, pulses=pulses)


def cut_off(state: State) -> bool:
    """Tell whether all evidence is that it is Home Assistant that is cut off."""
    if not state.link:
        return True
    since = state.now - state.group.timing.evidence
    asked = [witness for witness in state.witnesses.values() if witness.asked >= since]
    if not asked or any(witness.answers for witness in asked):
        return False
    return all(
        pulse.unanswered or pulse.connection is Connection.OFFLINE
        for unit, pulse in state.pulses.items()
        if not ((spare := state.spares.get(unit)) and spare.config.local)
    )
