"""What Home Assistant's history has of an outage: all that was told, before and after a restart."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from .home_assistant import HomeAssistant

_WRITTEN_WITHIN = 30.0
"""Seconds that the recorder of Home Assistant may take to write down the last of it."""


async def happenings(home: HomeAssistant, event: str, since: float) -> list[tuple[str, float]]:
    """Return what an event entity told since then, up to the end of its footage's return.

    Of each, when it happened (seconds since 1970): what an engine has decided while Home Assistant
    was away is told when it is back.
    """
    async with asyncio.timeout(_WRITTEN_WITHIN):
        while True:
            told = _moments(await _history(home, event, since), since)
            if told and told[-1][0] == "synchronized":
                return told
            await asyncio.sleep(0.5)


def _moments(states: list[dict[str, Any]], since: float) -> list[tuple[str, float]]:
    # An event's state is its moment; one that is restored after a start is the same once more.
    events = {state["s"]: state["a"] for state in states if state.get("a", {}).get("event_type")}
    told = []
    for moment, attributes in events.items():
        if datetime.fromisoformat(moment).timestamp() >= since:
            happened = datetime.fromisoformat(attributes.get("happened_at", moment))
            told.append((attributes["event_type"], happened.timestamp()))
    return told


async def reports(home: HomeAssistant, last_outage: str, since: float) -> int:
    """Return how many outages were reported since then."""
    states = await _history(home, last_outage, since)
    before = [state["s"] for state in states if state["lu"] < since]
    told = {state["s"] for state in states} - {*before[-1:], "unknown", "unavailable"}
    return len(told)


async def _history(home: HomeAssistant, entity: str, since: float) -> list[dict[str, Any]]:
    """Return the states of an entity, the one at the beginning first, as the frontend has them."""
    found: dict[str, list[dict[str, Any]]] = await home.call(
        "history/history_during_period",
        start_time=datetime.fromtimestamp(since, UTC).isoformat(),
        entity_ids=[entity],
        minimal_response=False,
        no_attributes=False,
        significant_changes_only=False,
    )
    return found.get(entity, [])
