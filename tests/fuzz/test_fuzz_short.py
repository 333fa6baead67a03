"""Some seconds of inputs that nobody sends by mistake, for all that reads bytes from outside."""

import time

import pytest

from tests.fuzz import limits
from tests.fuzz.limits import MEMORY, SECONDS, harm, limited
from tests.fuzz.mutation import inputs
from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS

_SHARE = 0.4
"""Seconds of CPU for each target."""
_WAIT = 2.0
"""Seconds in all: those that use sockets wait more than they work."""
_MOST = 2000
"""Inputs of each."""


@pytest.mark.parametrize("target", TARGETS, ids=lambda it: it.name)
def test_no_input_does_more_than_be_refused_in_time_and_memory(target: Target) -> None:
    found = list[str]()
    worked, waited = time.process_time() + _SHARE, time.monotonic() + _WAIT
    with limited():
        for number, data in enumerate(inputs(target.seeds, 1)):
            late = time.process_time() > worked or time.monotonic() > waited or number > _MOST
            if late and number >= len(target.seeds):
                break
            if harmed := harm(target, data):
                found.append(str(harmed.told))
    assert found == []


def _fail(data: bytes) -> None:
    match data:
        case b"error":
            raise LookupError
        case b"time":
            while True:
                pass
        case b"memory":
            bytearray(2 * MEMORY)
        case b"refused":
            raise ValueError


@pytest.mark.parametrize(
    ("data", "kind"),
    [(b"error", "LookupError"), (b"time", "TooLongError"), (b"memory", "MemoryError")],
)
def test_what_does_harm_is_found(data: bytes, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SECONDS", 0.1)
    with limited():
        found = harm(Target(name="harm", parse=_fail, errors=(ValueError,)), data)
    assert found is not None
    assert found.harm.startswith(kind)


def test_what_is_refused_is_no_harm() -> None:
    with limited():
        began = time.process_time()
        assert harm(Target(name="harm", parse=_fail, errors=(ValueError,)), b"refused") is None
    assert time.process_time() - began < SECONDS
