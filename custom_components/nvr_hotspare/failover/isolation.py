"""Whether it is Home Assistant itself that is cut off, when all are silent.

Assumed only on evidence, and then nobody is taken for dead: the host has no link; or of the
witnesses (cameras, the gateway), asked just now, none answers, and no unit and no spare has since
they do not. (They are asked at the first suspicion, the units in turns of 5 s: the first one's time
is over before the last one was asked.) One that answers disproves it: a lone NVR that falls silent
while its cameras answer is an outage. Where there is no witness to ask, or nobody asked, nothing is
assumed.

A spare on Home Assistant's own host proves nothing: it would answer all the same. When it is over
units get their time anew, since their silence until then was no sign of theirs.
"""

from . import detector
from .evolving import replace
from .model import Connection, UnitId
from .state import State, Witness


def witnessed(state: State, name: str, *, answers: bool) -> State:
    """Take what a witness did when it was asked."""
    before = state.witnesses.get(name)
    same = before is not None and before.answers is answers and _is_fresh(state, before)
    since = before.since if before is not None and same else state.now
    witness = Witness(answers=answers, asked=state.now, since=since)
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
        unit: detector.excuse(pulse, until) if pulse.unanswered else pulse
        for unit, pulse in state.pulses.items()
    }
    return replace(state, isolated=False, pulses=pulses)


def cut_off(state: State) -> bool:
    """Tell whether all evidence is that it is Home Assistant that is cut off."""
    if not state.link:
        return True
    asked = [witness for witness in state.witnesses.values() if _is_fresh(state, witness)]
    if not asked or any(witness.answers for witness in asked):
        return False
    silent_since = max(witness.since for witness in asked)
    return all(
        pulse.unanswered or pulse.connection is Connection.OFFLINE or pulse.since < silent_since
        for unit, pulse in state.pulses.items()
        if not ((spare := state.spares.get(unit)) and spare.config.local)
    )


def _is_fresh(state: State, witness: Witness) -> bool:
    return witness.asked >= state.now - state.group.timing.evidence
