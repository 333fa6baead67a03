"""What the logbook says of working devices."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.components.logbook.const import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.const import ATTR_ENTITY_ID, ATTR_NAME
from homeassistant.core import Event, HomeAssistant, callback

from .const import ATTR_MESSAGE, DOMAIN, EVENT_HAPPENED

type Described = Callable[[Event], Mapping[str, Any]]


@callback
def async_describe_events(
    _: HomeAssistant, async_describe_event: Callable[[str, str, Described], None]
) -> None:
    """Tell the logbook how to read the events."""
    async_describe_event(DOMAIN, EVENT_HAPPENED, _describe)


@callback
def _describe(event: Event) -> Mapping[str, Any]:
    return {
        LOGBOOK_ENTRY_NAME: event.data[ATTR_NAME],
        LOGBOOK_ENTRY_MESSAGE: event.data[ATTR_MESSAGE],
        LOGBOOK_ENTRY_ENTITY_ID: event.data[ATTR_ENTITY_ID],
    }
