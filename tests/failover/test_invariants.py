"""The invariants are asked for in earnest: a state or command that breaks one is found."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from custom_components.nvr_hotspare.failover.commands import (
    Command,
    Desist,
    Provision,
    Record,
    Release,
    Synchronize,
    Unprovision,
)
from custom_components.nvr_hotspare.failover.events import TimePassed
from custom_components.nvr_hotspare.failover.invariants import (
    InvariantError,
    check_commands,
    check_footage,
    check_invariants,
)
from custom_components.nvr_hotspare.failover.model import (
    Camera,
    Connection,
    GivenBack,
    Reason,
    Recording,
    Window,
    WorkingStatus,
)
from custom_components.nvr_hotspare.failover.state import DeviceState, Outage, SpareState, State
from tests.failover.replay import SPARE, Replay, cameras, device, group


def outage_of_a() -> Replay:
    return Replay(group(device("a"), device("b"), capacity=3)).calm().kill("a").obey()


def with_a(state: State, **changes: object) -> State:
    changed: DeviceState = replace(state.devices["a"], **changes)  # type: ignore[arg-type]  # any field
    return replace(state, devices={**state.devices, "a": changed})


def with_outage(state: State, **changes: object) -> State:
    before = state.devices["a"].outage
    assert before is not None
    outage: Outage = replace(before, **changes)  # type: ignore[arg-type]  # any field
    return with_a(state, outage=outage)


def with_spare(state: State, **changes: object) -> State:
    changed: SpareState = replace(state.spares[SPARE], **changes)  # type: ignore[arg-type]  # any field
    return replace(state, spares={**state.spares, SPARE: changed})


ONE, TWO = cameras("a")

BROKEN: dict[str, Callable[[State], State]] = {
    "held twice": lambda state: with_spare(state, held=(ONE, ONE)),
    "by 3 places": lambda state: with_spare(state, held=(ONE, TWO, *cameras("b"))),
    "held but not needed": lambda state: with_spare(state, held=(ONE, TWO, Camera("b", 1))),
    "for a camera not held": lambda state: with_spare(state, due={Camera("b", 1): 1e9}),
    "neither pending nor reported": lambda state: with_spare(state, held=(ONE,)),
    "and reported missing": lambda state: with_outage(state, missed={ONE: Reason.NO_ROOM}),
    "have no room, but there is": lambda state: with_outage(
        with_spare(state, held=(ONE,)), missed={TWO: Reason.NO_ROOM}
    ),
    "without an outage": lambda state: replace(
        with_spare(with_a(state, outage=None), held=()),
        pulses={**state.pulses, "a": state.pulses["b"]},
    ),
    "is offline with None": lambda state: with_spare(with_a(state, outage=None), held=()),
    "are recorded and the status is": lambda state: with_a(state, status=WorkingStatus.RECORDING),
    "nothing of a is recorded": lambda state: with_outage(
        with_spare(state, held=(), due={}), missed=dict.fromkeys((ONE, TWO), Reason.SPARE_FAILS)
    ),
    "for the reason": lambda state: with_a(state, reason=Reason.NO_ROOM),
    "is online and not_backed_up": lambda state: with_outage(
        with_a(
            replace(
                state,
                pulses={
                    **state.pulses,
                    "a": replace(state.pulses["a"], connection=Connection.ONLINE),
                },
            ),
            status=WorkingStatus.NOT_BACKED_UP,
        ),
        returned=1.0,
    ),
}


@pytest.mark.parametrize("sentence", BROKEN)
def test_a_broken_state_is_found(sentence: str) -> None:
    site = outage_of_a()
    check_invariants(site.state, site.now)
    with pytest.raises(InvariantError, match=sentence):
        check_invariants(BROKEN[sentence](site.state), site.now)


def test_a_deadline_that_was_missed_is_found() -> None:
    site = Replay(group(device("a"))).calm().kill("a")
    with pytest.raises(InvariantError, match="neither pending nor reported"):
        check_invariants(site.state, site.now + 10)


def owed_to_a() -> Replay:
    site = Replay(group(device("a", gives_back=True))).calm().kill("a").obey().wait(30)
    return site.back("a").tell("a", Recording.YES).obey()


def with_window(state: State, **changes: object) -> State:
    (owed,) = state.devices["a"].owed
    window: Window = replace(owed.window, **changes)  # type: ignore[arg-type]  # any field
    return with_a(state, owed=(replace(owed, window=window),))


BROKEN_DEBT: dict[str, Callable[[State], State]] = {
    "windows touch": lambda state: with_a(state, owed=2 * state.devices["a"].owed),
    "there is nothing in": lambda state: with_window(state, cameras=()),
    "the courier works at": lambda state: with_window(state, end=1e9),
    "the courier does not know": lambda state: with_a(state, delivery=None),
    "a is synchronizing": lambda state: with_a(state, status=WorkingStatus.SYNCHRONIZING),
}


@pytest.mark.parametrize("sentence", BROKEN_DEBT)
def test_a_broken_debt_is_found(sentence: str) -> None:
    site = owed_to_a()
    check_invariants(site.state, site.now)
    with pytest.raises(InvariantError, match=sentence):
        check_invariants(BROKEN_DEBT[sentence](site.state), site.now)


def test_footage_that_is_owed_no_more_is_found() -> None:
    state = owed_to_a().state
    check_footage(state, TimePassed(), state)
    for lost in (with_a(state, owed=()), with_window(state, start=state.now)):
        with pytest.raises(InvariantError, match="is lost"):
            check_footage(state, TimePassed(), lost)
    before = with_a(state, owed=(), outage=outage_of_a().state.devices["a"].outage)
    with pytest.raises(InvariantError, match="nothing of"):
        check_footage(before, TimePassed(), with_a(state, owed=()))


def test_a_courier_told_otherwise_than_decided_is_found() -> None:
    state = owed_to_a().state
    for command in (Desist("a"), Synchronize("a", ())):
        with pytest.raises(InvariantError, match="the courier is to work at"):
            check_commands(state, (command,))


WRONG: dict[str, tuple[Command, ...]] = {
    "too early": (Release(SPARE, (ONE,)),),
    "is not needed": (Record(SPARE, cameras("b")),),
    "in use and taken away": (Unprovision(SPARE, (ONE,)),),
    "exceeds the 3 places": (Provision(SPARE, (Camera("b", 2),)),),
    "no spare": (Provision("b", (Camera("b", 2),)),),
    "more than one": (Record(SPARE, (ONE,)), Record(SPARE, (TWO,))),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_a_wrong_command_is_found(sentence: str) -> None:
    with pytest.raises(InvariantError, match=sentence):
        check_commands(outage_of_a().state, WRONG[sentence])


def test_what_was_given_back_may_be_released() -> None:
    state = outage_of_a().back("a").state
    release = (Release(SPARE, (ONE,)),)
    with pytest.raises(InvariantError, match="too early"):
        check_commands(state, release)
    given = with_spare(with_outage(state, given_back={ONE: GivenBack.SEEN}), held=(TWO,))
    check_commands(given, release)
