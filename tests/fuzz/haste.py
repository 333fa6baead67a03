"""An event loop whose seconds are short: what waits for seconds is soon through."""

import asyncio
from collections.abc import Coroutine
import selectors
from typing import Any, Final, override

_HASTE: Final = 100


class _Selector(selectors.DefaultSelector):
    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(None if timeout is None else timeout / _HASTE)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        super().__init__(_Selector())

    @override
    def time(self) -> float:
        return super().time() * _HASTE


def run[T](work: Coroutine[Any, Any, T]) -> T:
    """Do what needs sockets, too."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work)
