"""The time of day at which devices that are back get their cameras back."""

from collections.abc import Callable
from datetime import datetime, time

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_change

from ..settings.group import Failback, GroupOptions


class FailbackClock:
    """Has the group looked at anew when the window opens, and when it closes."""

    def __init__(self, hass: HomeAssistant, look: Callable[[], None]) -> None:
        self._hass = hass
        self._look = look
        self._unlisten: list[CALLBACK_TYPE] = []

    @callback
    def follow(self, options: GroupOptions) -> None:
        """Take the window as it is now."""
        self.stop()
        if options.failback is Failback.WINDOW:
            for text in (options.failback_from, options.failback_to):
                at = time.fromisoformat(text)
                listener = async_track_time_change(
                    self._hass, self._turn, hour=at.hour, minute=at.minute, second=at.second
                )
                self._unlisten.append(listener)

    @callback
    def stop(self) -> None:
        """Follow nothing any more."""
        while self._unlisten:
            self._unlisten.pop()()

    @callback
    def _turn(self, _: datetime) -> None:
        self._look()
