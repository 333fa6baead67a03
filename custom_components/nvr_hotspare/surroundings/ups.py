"""Mains, as an uninterruptible power supply tells: when they are back, units are starting.

The entity may be a binary sensor that is on while there is mains (power, plug, or "online"), or a
sensor with the status of the supply: `OL` and `OB` as Network UPS Tools has them among other
flags, `ONLINE` and `ONBATT` as apcupsd has them, or the words that Home Assistant shows for them
("Online, Battery Charging", "On Battery"). Any other state tells nothing.
"""

from collections.abc import Callable
import re
from typing import Final

from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers.event import async_track_state_change_event

ON_MAINS: Final = frozenset({"ol", "online"})
ON_BATTERY: Final = frozenset({"ob", "onbatt", "battery"})


def on_mains(state: State | None) -> bool | None:
    """Tell whether there is mains; None where the state does not say."""
    text = state.state.lower() if state else ""
    words = {*re.findall(r"[a-z]+", text)}
    if text == STATE_ON or words & ON_MAINS:
        return True
    return False if text == STATE_OFF or words & ON_BATTERY else None


@callback
def follow_mains(hass: HomeAssistant, entity: str, returned: Callable[[], None]) -> CALLBACK_TYPE:
    """Call back each time mains are back after a failure; returns what ends that."""
    mains = on_mains(hass.states.get(entity))

    @callback
    def look(event: Event[EventStateChangedData]) -> None:
        nonlocal mains
        now = on_mains(event.data["new_state"])
        if now is None:
            return  # as it does while the supply's own computer starts
        if now and mains is False:
            returned()
        mains = now

    return async_track_state_change_event(hass, entity, look)
