"""Making a recorder stand in for others: a recording, a receiver and an idle job per camera.

All three survive a power cut of the recorder, and to start recording later takes a single
SetRecordingJobMode (ONVIF Recording Control, example 1). Everything is found again by the
recording's SourceId, whenever this was interrupted.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping

from ..errors import (
    UnitError,
    UnitFullError,
    UnitProtocolError,
    UnitRequestError,
    UnitUnsupportedError,
)
from ..model import Place, PlaceState
from ..together import together
from .builder import Builder
from .client import OnvifClient
from .evidence import Finding, Witness
from .inventory import Container, Inventory, Job, take_inventory
from .soap import TokenGoneError
from .wsdl import Service


class OnvifSpare:
    """The `Spare` side of a unit."""

    def __init__(self, client: OnvifClient, witness: Witness) -> None:
        self._client = client
        self._witness = witness
        self._builder = Builder(client, witness)
        self.building = asyncio.Lock()
        """Who creates or deletes holds it: two at once would create everything twice. Who counts
        holds it, too: what is half built belongs to nobody."""
        self._commanded: set[str] = set()
        """Keys of the places told to record: they never give way, whatever an inventory says
        that is older than the command."""

    async def places(self) -> Mapping[str, PlaceState]:
        """See `Spare`."""
        inventory = await take_inventory(self._client)
        ours: dict[str, Container] = {}
        for container in inventory.containers:
            if container.key is not None:
                ours.setdefault(container.key, container)
        findings = await self._witness.examine(inventory, ours.values())
        footage = await together({key: self._witness.footage(it.token) for key, it in ours.items()})
        return {
            key: _place_state(
                inventory, it, findings[it.token], holds_footage=footage[key].empty is not True
            )
            for key, it in ours.items()
        }

    async def provision(self, places: Iterable[Place]) -> None:
        """See `Spare`."""
        errors: list[UnitError] = []
        wanted = {place.key: place for place in places}
        async with self.building:
            inventory = await take_inventory(self._client)
            await self._builder.tidy(inventory, wanted)
            for place in wanted.values():
                try:
                    await self._builder.build(place, inventory)
                except (UnitFullError, UnitRequestError) as error:
                    errors.append(error)
        if errors:
            raise errors[0]

    async def record(self, places: Iterable[Place]) -> Mapping[str, str]:
        """See `Spare`."""
        wanted = {place.key: place for place in places}
        self._commanded |= wanted.keys()
        inventory = await take_inventory(self._client)
        ready = {
            key: job
            for key, place in wanted.items()
            if (job := self._builder.ready(place, inventory)) is not None
        }
        errors = await together({key: self._start(job) for key, job in ready.items()})
        missing = [place for key, place in wanted.items() if errors.get(key) is None]
        if missing:
            errors |= await self._build_and_start(missing)
        return {key: error for key, error in errors.items() if error}

    async def release(self, keys: Iterable[str]) -> None:
        """See `Spare`."""
        released = set(keys)
        self._commanded -= released
        inventory = await take_inventory(self._client)
        jobs = {
            job.token: job
            for key in released
            for container in inventory.held(key)
            for job in inventory.jobs_of(container)
            if job.active
        }
        errors = await together({token: self._stop(job) for token, job in jobs.items()})
        for error in filter(None, errors.values()):
            raise error

    async def unprovision(self, keys: Iterable[str], *, delete_footage: bool = False) -> None:
        """See `Spare`."""
        async with self.building:
            inventory = await take_inventory(self._client)
            for key in keys:
                self._commanded.discard(key)
                for container in inventory.held(key):
                    await self._builder.remove(container, inventory, delete_footage=delete_footage)

    async def _build_and_start(self, missing: Iterable[Place]) -> Mapping[str, str]:
        """Return by key what went wrong, empty where nothing did."""
        errors: dict[str, str] = {}
        waiting = deque(missing)
        async with self.building:
            inventory = await take_inventory(self._client)
            while waiting:
                place = waiting[0]
                try:
                    error = await self._start(await self._builder.build(place, inventory))
                    errors[place.key] = "The unit lost the job" if error is None else error
                except UnitFullError as error:
                    if await self._make_room():
                        inventory = await take_inventory(self._client)
                        continue
                    errors[place.key] = str(error)
                except (UnitRequestError, UnitUnsupportedError, UnitProtocolError) as error:
                    errors[place.key] = str(error)
                waiting.popleft()
        return errors

    async def _make_room(self) -> bool:
        """Take away one place that only waits; False if there is none.

        A spare for several units can't hold all their channels at once; at a takeover the
        channels that wait give way to those that fail.
        """
        inventory = await take_inventory(self._client)
        for container in inventory.containers:
            if container.key is None or container.key in self._commanded:
                continue
            if any(job.active for job in inventory.jobs_of(container)):
                continue
            if await self._builder.remove(container, inventory, delete_footage=False):
                return True
        return False

    async def _start(self, job: Job) -> str | None:
        """Return what went wrong, empty if nothing did, None if there is no such job any more."""
        if job.active:
            return ""
        try:
            await self._set_mode(job, "Active")
        except TokenGoneError:
            return None
        except UnitError as error:
            return str(error)
        return ""

    async def _stop(self, job: Job) -> UnitError | None:
        try:
            await self._set_mode(job, "Idle")
        except TokenGoneError:
            return None
        except UnitError as error:
            return error
        return None

    async def _set_mode(self, job: Job, mode: str) -> None:
        await self._client.call(
            Service.RECORDING, "SetRecordingJobMode", JobToken=job.token, Mode=mode
        )


def _place_state(
    inventory: Inventory, container: Container, finding: Finding, *, holds_footage: bool
) -> PlaceState:
    jobs = inventory.jobs_of(container)
    return PlaceState(
        key=container.key or "",
        provisioned=bool(jobs),
        commanded=any(job.active for job in jobs),
        recording=finding.recording,
        error=finding.error,
        holds_footage=holds_footage,
    )
