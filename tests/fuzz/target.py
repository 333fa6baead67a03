"""A target: one parser of what comes from outside, and what may happen when it is given bytes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings, strategies as st

type Parse = Callable[[bytes], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A parser."""

    name: str
    parse: Parse
    """Gives bytes to it, and uses what it made of them as the project does."""
    errors: tuple[type[Exception], ...] = ()
    """Those that it says it raises; any other is a finding."""
    seeds: tuple[bytes, ...] = field(default=(), repr=False)
    """What it is usually given, and what once did harm."""


def structured[T](
    name: str,
    strategy: st.SearchStrategy[T],
    parse: Callable[[T], object],
    errors: tuple[type[Exception], ...] = (),
) -> Target:
    """Return a target that makes of bytes, by a strategy, what its parser almost takes."""

    @settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def run(value: T) -> None:
        try:
            parse(value)
        except errors:
            return

    one: Parse = run.hypothesis.fuzz_one_input  # type: ignore[attr-defined] # of a wrapped function
    return Target(name=name, parse=one, seeds=(bytes(range(256)) * 4,))


def each(parse: Callable[[str], object]) -> Parse:
    """Return a parser of text as one of bytes."""
    return lambda data: parse(data.decode(errors="replace"))


def in_turn(*steps: Callable[[], object], errors: tuple[type[Exception], ...]) -> None:
    """Take several steps, also those after one that fails as it says."""
    for step in steps:
        try:
            step()
        except errors:
            continue


def lines(*texts: str) -> tuple[bytes, ...]:
    """Return texts as seeds."""
    return tuple(text.encode() for text in texts)


def total(targets: Iterable[Target]) -> tuple[Target, ...]:
    """Return targets in the order of their names; ValueError if two have the same."""
    found = sorted(targets, key=lambda it: it.name)
    if len({it.name for it in found}) < len(found):
        raise ValueError("Two targets have the same name.")
    return tuple(found)
