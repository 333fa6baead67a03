"""Making the recorder stand in for others: a channel per camera, recorded when told to.

A camera stays on its channel, connected, and its record mode says whether it is recorded: so a
takeover is one request for all of them. What of a channel is ours is found again by its name. Old
footage stays with the channel, whoever's camera comes next: a place that holds some keeps its
channel until that is given up.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from ...failover.model import Recording
from ..errors import (
    UnitError,
    UnitFullError,
    UnitProtocolError,
    UnitRequestError,
    UnitUnsupportedError,
)
from ..model import Place, PlaceState
from .builder import Builder, held_of
from .client import DahuaClient
from .devices import Device
from .footage import DahuaFootage
from .mark import Mark
from .recording import Witness
from .schedule import MANUAL, STOP


class DahuaSpare:
    """The `Spare` side of a unit."""

    def __init__(self, client: DahuaClient, witness: Witness, footage: DahuaFootage) -> None:
        self._client = client
        self._witness = witness
        self._footage = footage
        self.builder = Builder(client)
        self.building = asyncio.Lock()
        """Who adds or takes away holds it."""
        self._commanded: set[str] = set()
        """Keys of the places told to record: they never give way."""
        self._holding: dict[Mark, bool] = {}
        """Whether there is footage of a place, as far as it is known."""

    async def places(self) -> Mapping[str, PlaceState]:
        """See `Spare`."""
        async with self.building:
            devices = await self.builder.look()
        ours = {it.channel: mark for it in devices if (mark := it.mark) is not None}
        if not ours:
            return {}
        there, recorded = await self._witness.states()
        states: dict[str, PlaceState] = {}
        for device in devices:
            if (mark := ours.get(device.channel)) is None or mark.key in states:
                continue
            recording, error = await self._examine(device, there, recorded)
            states[mark.key] = PlaceState(
                key=mark.key,
                commanded=_is_commanded(device),
                recording=recording,
                error=error,
                holds_footage=await self._holds(device, mark, recording),
                provisioned=device.enabled,
            )
        return states

    async def provision(self, places: Iterable[Place]) -> None:
        """See `Spare`."""
        errors: list[UnitError] = []
        async with self.building:
            devices = await self.builder.look()
            for place in {place.key: place for place in places}.values():
                held = held_of(devices, place.key)
                if held and self.builder.is_ready(held[0], place):
                    continue
                commanded = bool(held) and _is_commanded(held[0])
                try:
                    devices = await self.builder.build(place, devices, record=commanded)
                except (UnitFullError, UnitRequestError) as error:
                    errors.append(error)
                    devices = await self.builder.look()
        if errors:
            raise errors[0]

    async def record(self, places: Iterable[Place]) -> Mapping[str, str]:
        """See `Spare`."""
        wanted = {place.key: place for place in places}
        self._commanded |= wanted.keys()
        async with self.building:
            devices = await self.builder.look()
            ready = {
                key: held[0].channel
                for key, place in wanted.items()
                if (held := held_of(devices, key)) and self.builder.is_ready(held[0], place)
            }
            self._forget(ready)
            errors = dict(await self._set_modes(ready, MANUAL))
            for key in [it for it in wanted if it not in ready]:  # by priority, as they come
                try:
                    devices = await self._build(wanted[key], devices)
                except (UnitRequestError, UnitUnsupportedError, UnitProtocolError) as error:
                    errors[key] = str(error)
                    devices = await self.builder.look()
                except UnitFullError as error:
                    errors[key] = str(error)
        return errors

    async def release(self, keys: Iterable[str]) -> None:
        """See `Spare`."""
        released = set(keys)
        self._commanded -= released
        async with self.building:
            devices = await self.builder.look()
            channels = {
                f"{key} {it.channel}": it.channel
                for key in released
                for it in held_of(devices, key)
                if it.mode != STOP
            }
            for error in (await self._set_modes(channels, STOP)).values():
                raise UnitRequestError(error)

    async def unprovision(self, keys: Iterable[str], *, delete_footage: bool = False) -> None:
        """See `Spare`."""
        async with self.building:
            devices = await self.builder.look()
            for key in keys:
                self._commanded.discard(key)
                for device in held_of(devices, key):
                    await self._take_away(device, delete_footage=delete_footage)

    async def channel_of(self, key: str) -> tuple[int, int]:
        """Return the channel of a place, and since when it is its own, in seconds since 1970.

        Raises:
            UnitRequestError: There is none.
            UnitError: As `Builder.look`.
        """
        async with self.building:
            held = held_of(await self.builder.look(), key)
        if not held or (mark := held[0].mark) is None:
            raise UnitRequestError("It holds nothing of this camera")
        return held[0].channel, mark.since

    async def _build(self, place: Place, devices: Sequence[Device]) -> Sequence[Device]:
        """Add a camera and record it, whoever has to give way; returns the channels after that."""
        while True:
            try:
                return await self.builder.build(place, devices, record=True)
            except UnitFullError:
                if not await self._make_room(devices):
                    raise
                devices = await self.builder.look()

    async def _make_room(self, devices: Sequence[Device]) -> bool:
        """Take away one place that only waits and holds nothing; False if there is none."""
        for device in devices:
            mark = device.mark
            if mark is None or mark.key in self._commanded or _is_commanded(device):
                continue
            if not await self._holds(device, mark, Recording.NO):
                await self.builder.remove(device)
                return True
        return False

    async def _take_away(self, device: Device, *, delete_footage: bool) -> None:
        mark = device.mark
        if mark is None:
            return
        if not delete_footage and await self._holds(device, mark, Recording.UNKNOWN):
            await self.builder.disable(device)
        else:
            await self.builder.remove(device)
            self._holding.pop(mark, None)

    async def _set_modes(self, channels: Mapping[str, int], mode: int) -> Mapping[str, str]:
        """Change what is recorded, all at once, and read it; returns what went wrong, by key."""
        if not channels:
            return {}
        try:
            await self._client.configure(
                {f"RecordMode[{channel}].Mode": str(mode) for channel in channels.values()}
            )
        except UnitRequestError as error:
            return dict.fromkeys(channels, str(error))
        now = {it.channel: it.mode for it in await self.builder.look()}
        text = "The recorder did not change what it records, although it said so"
        return {key: text for key, channel in channels.items() if now.get(channel) != mode}

    async def _examine(
        self, device: Device, there: Mapping[int, bool], recorded: Mapping[int, bool]
    ) -> tuple[Recording, str]:
        """Return whether a place is being recorded, and why not."""
        channel = device.channel
        if not _is_commanded(device):
            return Recording.NOT_SCHEDULED, ""
        if channel in recorded:
            is_recorded: bool | None = recorded[channel]
        else:
            is_recorded = await self._is_growing(channel)
        if is_recorded:
            return Recording.YES, ""
        if there.get(channel) is False:
            return Recording.NO, "The recorder has no connection to the camera"
        return Recording.NO if is_recorded is False else Recording.UNKNOWN, ""

    async def _is_growing(self, channel: int) -> bool | None:
        """Whether footage proves it, None where it does not: files may be found late."""
        try:
            return await self._witness.is_growing(channel) or None
        except UnitRequestError, UnitUnsupportedError, UnitProtocolError:
            return None

    async def _holds(self, device: Device, mark: Mark, recording: Recording) -> bool:
        """Whether there is footage of a place; where that is not told there may be some."""
        if recording is Recording.YES:
            self._holding[mark] = True
        if mark not in self._holding:
            try:
                self._holding[mark] = await self._footage.has_any(device.channel, mark.since)
            except UnitRequestError, UnitUnsupportedError, UnitProtocolError:
                return True
        return self._holding[mark]

    def _forget(self, keys: Iterable[str]) -> None:
        """Look again whether there is footage of places that are going to be recorded."""
        for mark in [it for it in self._holding if it.key in set(keys)]:
            del self._holding[mark]


def _is_commanded(device: Device) -> bool:
    return device.enabled and device.mode == MANUAL
