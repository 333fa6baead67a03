"""All that Home Assistant shows, in order, as its frontend learns it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from .home_assistant import HomeAssistant


class StepNotReachedError(RuntimeError):
    """The outage did not get as far as it should."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A new state of an entity."""

    entity_id: str
    state: str
    time: float
    """Seconds since 1970."""
    told: str = ""
    """What an event entity tells of."""


class StateLog:
    """All that Home Assistant showed, in order."""

    def __init__(self, changed: Callable[[Change], None]) -> None:
        self.states: dict[str, Change] = {}
        self.attributes: dict[str, dict[str, Any]] = {}
        self.changes: list[Change] = []
        self.automations: list[tuple[str, float]] = []
        self._changed = changed
        self._news = asyncio.Event()

    async def follow(self, home: HomeAssistant) -> None:
        """Record from now on what this Home Assistant shows."""
        assert home.socket is not None
        await home.socket.subscribe(
            self._state_changed, "subscribe_events", event_type="state_changed"
        )
        await home.socket.subscribe(
            self._automation_triggered, "subscribe_events", event_type="automation_triggered"
        )
        for state in await home.call("get_states"):
            self._take(state)

    async def wait_for(
        self, what: str, reached: Callable[[dict[str, str]], bool], timeout: float
    ) -> None:
        """Wait until the states are as asked.

        Raises:
            StepNotReachedError: They were not in time.
        """
        try:
            async with asyncio.timeout(timeout):
                while not reached({key: change.state for key, change in self.states.items()}):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            message = f"not reached within {timeout:.0f} s: {what}"
            raise StepNotReachedError(message) from None

    def first(self, entity_id: str, state: str, since: float) -> float:
        """When the entity first had the state, in seconds since 1970."""
        for change in self.changes:
            if (change.entity_id, change.state) == (entity_id, state) and change.time >= since:
                return change.time
        message = f"{entity_id} never was {state}"
        raise StepNotReachedError(message)

    def lasted(self, entity_id: str, state: str, since: float) -> float:
        """For how long the entity had the state, all times together, in seconds.

        Raises:
            StepNotReachedError: It never had.
        """
        changes = [it for it in self.changes if it.entity_id == entity_id and it.time >= since]
        lasted = sum(
            after.time - change.time for change, after in pairwise(changes) if change.state == state
        )
        if not lasted:
            raise StepNotReachedError(f"{entity_id} never was {state}")
        return lasted

    def told(self, event: str, happening: str, since: float) -> list[str]:
        """When an event entity told of something, each time once."""
        moments = {  # which are its states; one that is restored after a start counts once
            change.state
            for change in self.changes
            if change.entity_id == event and change.told == happening
        }
        return [each for each in moments if datetime.fromisoformat(each).timestamp() >= since]

    def synchronized(self, last_outage: str, since: float) -> bool:
        """Whether the report of an outage says that its footage was given back."""
        moment = self.attributes[last_outage].get("synchronized")
        return moment is not None and datetime.fromisoformat(moment).timestamp() >= since

    def fired(self, automation: str, since: float) -> bool:
        """Whether an automation was triggered; also when nobody followed, just after a start."""
        last = self.attributes[automation].get("last_triggered")
        if last is not None and datetime.fromisoformat(last).timestamp() >= since:
            return True
        return any((it, at >= since) == (automation, True) for it, at in self.automations)

    def sequence(self, entity_id: str, since: float) -> list[str]:
        """The states an entity went through."""
        return [
            change.state
            for change in self.changes
            if change.entity_id == entity_id and change.time >= since
        ]

    def _state_changed(self, event: dict[str, Any]) -> None:
        if (state := event["data"]["new_state"]) is not None:
            self._take(state)

    def _automation_triggered(self, event: dict[str, Any]) -> None:
        moment = datetime.fromisoformat(event["time_fired"]).timestamp()
        self.automations.append((event["data"]["entity_id"], moment))

    def _take(self, state: dict[str, Any]) -> None:
        change = Change(
            entity_id=state["entity_id"],
            state=state["state"],
            time=datetime.fromisoformat(state["last_changed"]).timestamp(),
            told=state["attributes"].get("event_type") or "",
        )
        before = self.states.get(change.entity_id)
        self.states[change.entity_id] = change
        self.attributes[change.entity_id] = state["attributes"]
        if before is None or before.state != change.state:
            self.changes.append(change)
            self._changed(change)
        self._news.set()
