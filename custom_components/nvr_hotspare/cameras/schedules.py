"""Entities that tell when a camera is to be recorded: a schedule, or a switch of the user's own.

What was seen of them last is stored with the cameras, so that it is known from the first moment
after a start, and to engines that decide while Home Assistant is away.
"""

from dataclasses import replace
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import CALLBACK_TYPE, CoreState, Event, HomeAssistant, callback
from homeassistant.helpers.event import EventStateChangedData, async_track_state_change_event
from homeassistant.helpers.start import async_at_started

from ..const import CONF_CHANNELS
from ..settings.unit import ChannelConfig, UnitConfig, unit_configs

SCHEDULES: Final = ["schedule", "input_boolean"]
"""The domains of these entities."""


def is_due(hass: HomeAssistant, entity_id: str, *, before: bool = True) -> bool:
    """Tell whether a camera of this schedule is to be recorded now.

    Without a schedule, or with one that is no more, it always is. While Home Assistant does not
    know its state, as in the first moments after a start, it is as `before`.
    """
    if not entity_id:
        return True
    state = hass.states.get(entity_id)
    if state is None:
        return before or hass.state is CoreState.running
    return state.state == STATE_ON if state.state in {STATE_ON, STATE_OFF} else before


class Schedules:
    """Stores with the cameras of a group what their schedules say."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        self._hass = hass
        self._entry = entry
        self._unlisten: list[CALLBACK_TYPE] = []

    @callback
    def follow(self) -> None:
        """Take the schedules of the cameras as they are configured now."""
        self.stop()
        entities = {it.schedule for config in self._configs() for it in config.channels} - {""}
        if entities:
            self._unlisten = [
                async_track_state_change_event(self._hass, entities, self._changed),
                async_at_started(self._hass, self._started),
            ]
        self._look()

    @callback
    def stop(self) -> None:
        """Follow nothing any more."""
        while self._unlisten:
            self._unlisten.pop()()

    @callback
    def _changed(self, _: Event[EventStateChangedData]) -> None:
        self._look()

    @callback
    def _started(self, _: HomeAssistant) -> None:
        self._look()

    @callback
    def _look(self) -> None:
        for config in self._configs():
            channels = tuple(map(self._as_scheduled, config.channels))
            if channels != config.channels:
                subentry = self._entry.subentries[config.subentry_id]
                data: dict[str, Any] = {
                    **subentry.data,
                    CONF_CHANNELS: [channel.as_data() for channel in channels],
                }
                self._hass.config_entries.async_update_subentry(self._entry, subentry, data=data)

    def _as_scheduled(self, channel: ChannelConfig) -> ChannelConfig:
        due = is_due(self._hass, channel.schedule, before=channel.scheduled)
        return channel if due is channel.scheduled else replace(channel, scheduled=due)

    def _configs(self) -> list[UnitConfig]:
        return list(unit_configs(self._entry).values())
