"""Those who want to be told of something."""

from collections.abc import Callable

from homeassistant.core import CALLBACK_TYPE, callback


class Listeners[**Told]:
    """Callbacks, told in the order in which they were added."""

    def __init__(self) -> None:
        self._listeners: list[Callable[Told, None]] = []

    @callback
    def add(self, listener: Callable[Told, None]) -> CALLBACK_TYPE:
        """Add a listener and return how to take it off."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def tell(self, *args: Told.args, **kwargs: Told.kwargs) -> None:
        """Call them all; one may take itself off meanwhile."""
        for listener in tuple(self._listeners):
            listener(*args, **kwargs)
