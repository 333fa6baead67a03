"""Work that may hang with a disk, in threads that keep no process from ending."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import threading


def begin[T](work: Callable[[], T]) -> asyncio.Future[T]:
    """Do work in a thread of its own; return what will have its result, or what it raised."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def tell(result: Callable[[], None]) -> None:
        if not future.done():
            result()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 (raised where the future is awaited)
            told = _bind(future.set_exception, error)
        else:
            told = _bind(future.set_result, result)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(tell, told)

    threading.Thread(target=run, daemon=True, name="giving").start()
    return future


def _bind[T](function: Callable[[T], None], value: T) -> Callable[[], None]:
    return lambda: function(value)
